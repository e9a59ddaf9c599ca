// What sessions have not published yet, for when their sandbox is gone; and snapshots that could not be built.
import { Migration } from '@mikro-orm/migrations';

export class SavedWork extends Migration {
  override name = '0007-saved-work';

  override up(): void {
    this.addSql(`
      create table saved_work (
        session_id text primary key references session (id),
        sandbox text not null,
        parent text,
        merged text,
        bundle bytea,
        saved_at timestamptz not null default now()
      )`);
    // A bundle is compressed already.
    this.addSql('alter table saved_work alter column bundle set storage external');
    this.addSql(`
      create table snapshot_failure (
        repo text primary key,
        alike text not null,
        failure jsonb not null,
        since timestamptz not null default now(),
        last_at timestamptz not null default now()
      )`);
  }
}
