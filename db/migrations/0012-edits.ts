// Which edit of a message was taken in last: Slack may tell of an older one after it.
import { Migration } from '@mikro-orm/migrations';

export class Edits extends Migration {
  override name = '0012-edits';

  override up(): void {
    // A bot of before leaves it empty: to it, and after it, the edit that comes last is the newest.
    this.addSql('alter table message_claim add column edited_ts text');
  }
}
