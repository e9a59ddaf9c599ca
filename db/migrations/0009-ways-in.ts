// What a thread's requests chose besides the repo, whether its plain replies count, and people's own defaults.
import { Migration } from '@mikro-orm/migrations';

export class WaysIn extends Migration {
  override name = '0009-ways-in';

  override up(): void {
    this.addSql('alter table session add column base_branch text');
    this.addSql('alter table session add column model text');
    this.addSql('alter table session add column muted boolean not null default false');
    this.addSql(`
      create table person_default (
        team_id text not null,
        user_id text not null,
        repo text,
        model text,
        primary key (team_id, user_id)
      )`);
  }
}
