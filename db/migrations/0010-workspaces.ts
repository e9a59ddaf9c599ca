// Several workspaces: where the app is installed, with its token sealed, and which workspace a delivery is for.
import { Migration } from '@mikro-orm/migrations';

export class Workspaces extends Migration {
  override name = '0010-workspaces';

  override up(): void {
    this.addSql(`
      create table installation (
        team_id text primary key,
        team_name text not null,
        scopes text not null,
        sealed_token bytea not null,
        installed_by text not null,
        installed_at timestamptz not null default clock_timestamp(),
        removed_at timestamptz
      )`);
    this.addSql('alter table delivery add column team_id text');
    this.addSql(
      'update delivery set team_id = session.team_id from session where session.id = delivery.session_id',
    );
  }
}
