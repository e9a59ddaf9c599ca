// Alerts: which session looks into which fingerprint, and the messages that were folded into it.
import { Migration } from '@mikro-orm/migrations';

export class Alerts extends Migration {
  override name = '0006-alerts';

  override up(): void {
    this.addSql(`
      create table alert (
        id bigint generated always as identity primary key,
        rule text not null,
        channel_id text not null,
        fingerprint text not null,
        session_id text not null references session (id),
        turn_id text not null references turn (id),
        repeats integer not null default 0,
        first_at timestamptz not null default now(),
        last_at timestamptz not null default now(),
        quiet_until timestamptz not null,
        muted boolean not null default false
      )`);
    this.addSql('create index alert_by_rule on alert (rule, channel_id, first_at)');
    this.addSql('create index alert_of_turn on alert (turn_id)');
    this.addSql(`
      create table alert_message (
        channel_id text not null,
        ts text not null,
        alert_id bigint not null references alert (id),
        primary key (channel_id, ts)
      )`);
  }
}
