// The first tables. Migrations are written by hand and never changed once they are on main.
import { Migration } from '@mikro-orm/migrations';

export class FirstTables extends Migration {
  override name = '0001-first-tables';

  override up(): void {
    this.addSql(`
      create table session (
        id text primary key,
        team_id text not null,
        channel_id text not null,
        thread_ts text not null,
        repo text,
        branch text not null,
        state text not null,
        base_commit text,
        head_commit text,
        starter_id text not null,
        created_at timestamptz not null default now(),
        unique (team_id, channel_id, thread_ts)
      )`);
    this.addSql(`
      create table turn (
        id text primary key,
        session_id text not null references session (id),
        position integer not null,
        kind text not null,
        state text not null,
        text text not null,
        requester jsonb not null,
        message_ts text,
        details jsonb not null default '{}',
        lease_epoch integer not null default 0,
        lease_owner text,
        lease_until timestamptz,
        state_since timestamptz not null default now(),
        enqueued_at timestamptz,
        stop_requested_by text,
        result jsonb,
        failure jsonb,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        unique (session_id, position)
      )`);
    this.addSql(
      `create index turn_open on turn (state, state_since) where state in ('received', 'needs_repo', 'queued', 'running', 'waiting')`,
    );
    this.addSql(`
      create table message_claim (
        team_id text not null,
        channel_id text not null,
        ts text not null,
        turn_id text references turn (id),
        claimed_at timestamptz not null default now(),
        primary key (team_id, channel_id, ts)
      )`);
    this.addSql(`
      create table merge_claim (
        session_id text not null references session (id),
        commit text not null,
        turn_id text not null references turn (id),
        person jsonb not null,
        claimed_at timestamptz not null default now(),
        primary key (session_id, commit)
      )`);
    this.addSql(`
      create table event (
        id bigint generated always as identity primary key,
        session_id text not null references session (id),
        turn_id text references turn (id),
        at timestamptz not null default now(),
        body jsonb not null
      )`);
    this.addSql('create index event_of_session on event (session_id, id)');
    this.addSql('create index event_of_turn on event (turn_id, id)');
    this.addSql(`
      create table journal (
        session_id text not null references session (id),
        attempt integer not null,
        place integer not null,
        turn_id text not null references turn (id),
        entry jsonb not null,
        at timestamptz not null default now(),
        primary key (session_id, attempt, place)
      )`);
    this.addSql(`
      create table artifact (
        id text primary key,
        session_id text not null references session (id),
        turn_id text references turn (id),
        kind text not null,
        name text not null,
        mime_type text not null,
        size_bytes integer not null,
        alt_text text not null,
        store_key text not null,
        slack_file_id text,
        created_at timestamptz not null default now()
      )`);
    this.addSql('create index artifact_of_session on artifact (session_id)');
    this.addSql(`
      create table verification (
        session_id text not null references session (id),
        commit text not null,
        passed boolean not null,
        body jsonb not null,
        created_at timestamptz not null default now(),
        primary key (session_id, commit)
      )`);
    this.addSql(`
      create table inbox (
        dedupe_key text primary key,
        received_at timestamptz not null default now()
      )`);
    this.addSql('create index inbox_age on inbox (received_at)');
    this.addSql(`
      create table outbox (
        id bigint generated always as identity primary key,
        topic text not null,
        turn_id text not null references turn (id),
        created_at timestamptz not null default now(),
        sent_at timestamptz
      )`);
    this.addSql('create index outbox_unsent on outbox (id) where sent_at is null');
    this.addSql(`
      create table delivery (
        id text primary key,
        dedupe_key text not null unique,
        kind text not null,
        session_id text references session (id),
        turn_id text references turn (id),
        channel_id text not null,
        thread_ts text,
        payload jsonb not null,
        version integer not null default 1,
        sent_version integer not null default 0,
        attempted_at timestamptz,
        slack_ts text,
        attempts integer not null default 0,
        next_at timestamptz not null default now(),
        abandoned text,
        created_at timestamptz not null default now(),
        sent_at timestamptz
      )`);
    this.addSql(
      'create index delivery_due on delivery (next_at) where sent_version < version and abandoned is null',
    );
    this.addSql('create index delivery_by_message on delivery (channel_id, slack_ts)');
  }
}
