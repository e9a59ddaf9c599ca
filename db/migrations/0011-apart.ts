// What several processes and several workspaces share: the pace of each channel, and alerts kept apart.
import { Migration } from '@mikro-orm/migrations';

export class Apart extends Migration {
  override name = '0011-apart';

  override up(): void {
    this.addSql(`
      create table channel_pace (
        team_id text not null,
        channel_id text not null,
        posts_at timestamptz not null default '-infinity',
        updates_at timestamptz not null default '-infinity',
        primary key (team_id, channel_id)
      )`);
    // A message is named by its workspace too, which its alert's session knows.
    this.addSql('alter table alert_message drop constraint alert_message_pkey');
    this.addSql('alter table alert_message add primary key (channel_id, ts, alert_id)');
  }
}
