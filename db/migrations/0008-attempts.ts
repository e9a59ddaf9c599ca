// Attempts: several answers to the same request, each with a turn, a journal, a branch and a sandbox of its own.
import { Migration } from '@mikro-orm/migrations';

export class Attempts extends Migration {
  override name = '0008-attempts';

  override up(): void {
    this.addSql(`
      create table attempt (
        session_id text not null references session (id),
        number integer not null,
        parent_id text references turn (id),
        turn_id text unique references turn (id),
        approach text,
        from_number integer,
        from_place integer,
        base_commit text,
        head_commit text,
        dropped_at timestamptz,
        removed_at timestamptz,
        primary key (session_id, number)
      )`);
    this.addSql('create index attempt_of_parent on attempt (parent_id)');
    this.addSql(
      'create index attempt_to_remove on attempt (dropped_at) where dropped_at is not null and removed_at is null',
    );
    this.addSql('alter table session add column attempt integer not null default 0');
    // Each attempt has a sandbox, and so unpublished work, of its own.
    this.addSql('alter table saved_work drop constraint saved_work_session_id_fkey');
    this.addSql('alter table saved_work rename column session_id to key');
    // The conversations of child agents are numbered by attempt and call: more than an integer can hold.
    this.addSql('alter table journal alter column attempt type bigint');
  }
}
