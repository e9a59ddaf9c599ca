// What delivery needs: a lease apart from the due time, and how far each turn has been presented.
import { Migration } from '@mikro-orm/migrations';

export class DeliveryLease extends Migration {
  override name = '0002-delivery';

  override up(): void {
    this.addSql('alter table delivery add column leased_until timestamptz');
    this.addSql(`
      create table presentation (
        turn_id text primary key references turn (id),
        event_id bigint not null,
        at timestamptz not null default now()
      )`);
    this.addSql(
      `create index delivery_unposted on delivery (channel_id, thread_ts, created_at)
       where kind = 'message' and slack_ts is null and abandoned is null`,
    );
  }
}
