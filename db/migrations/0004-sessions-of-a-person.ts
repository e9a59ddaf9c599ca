// A person's own sessions are looked up for the Home tab and for the command.
import { Migration } from '@mikro-orm/migrations';

export class SessionsOfAPerson extends Migration {
  override name = '0004-sessions-of-a-person';

  override up(): void {
    this.addSql(`create index turn_of_person on turn ((requester->>'id'), created_at desc)`);
  }
}
