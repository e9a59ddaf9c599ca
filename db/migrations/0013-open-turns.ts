// Says in one place which turns are open and which are requests, and gives failures their advice.
import { Migration } from '@mikro-orm/migrations';

export class OpenTurns extends Migration {
  override name = '0013-open-turns';

  override up(): void {
    this.addSql(
      `alter table turn add column is_open boolean not null
         generated always as (state in ('received', 'needs_repo', 'queued', 'running', 'waiting')) stored`,
    );
    this.addSql('create index turn_is_open on turn (session_id, position) where is_open');
    // An answer belongs to the turn that asked, an attempt to the turn that is tried in several ways. A view keeps
    // the columns of its day: a migration that adds one to `turn` makes the view again.
    this.addSql(`create view request as select * from turn where kind not in ('answer', 'attempt')`);
    // `wayOut` stays beside it until no process of an older version reads it.
    const advised = (failure: string) =>
      `jsonb_set(${failure}, '{failure,advice}', ${failure}->'failure'->'wayOut')`;
    this.addSql(
      `update turn set failure = failure || jsonb_build_object('advice', failure->'wayOut')
         where failure->'wayOut' is not null`,
    );
    this.addSql(
      `update event set body = ${advised('body')}
         where body->>'type' in ('turn.refused', 'turn.failed') and body->'failure'->'wayOut' is not null`,
    );
    this.addSql(
      `update snapshot_failure set failure = failure || jsonb_build_object('advice', failure->'wayOut')
         where failure->'wayOut' is not null`,
    );
  }
}
