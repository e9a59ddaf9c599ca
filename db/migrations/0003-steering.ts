// Replies that steer: what a person sends from a waiting turn to the one at work.
import { Migration } from '@mikro-orm/migrations';

export class Steering extends Migration {
  override name = '0003-steering';

  override up(): void {
    this.addSql(`
      create table steering (
        id bigint generated always as identity primary key,
        turn_id text not null references turn (id),
        from_turn_id text not null references turn (id),
        text text not null,
        by jsonb not null,
        offered_at timestamptz not null default now(),
        taken_at timestamptz,
        unique (turn_id, from_turn_id)
      )`);
    this.addSql('create index steering_from on steering (from_turn_id)');
  }
}
