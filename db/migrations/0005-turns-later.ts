// A turn may wait for a moment before which nobody takes it: a discard that can still be undone.
import { Migration } from '@mikro-orm/migrations';

export class TurnsLater extends Migration {
  override name = '0005-turns-later';

  override up(): void {
    this.addSql('alter table turn add column not_before timestamptz');
  }
}
