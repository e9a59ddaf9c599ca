// Tables of what happened: events, journal, artifacts, verifications.
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { ArtifactKind } from '../../core/artifact.ts';
import type { EventBody } from '../../core/event.ts';
import type { JournalEntry } from '../../core/journal.ts';
import type { Verification } from '../../core/verification.ts';

const EventSchema = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    id: p.integer().primary().autoincrement(),
    sessionId: p.string(),
    turnId: p.string().nullable(),
    at: p.datetime(),
    body: p.json<EventBody>(),
  },
});
/** One line of a session's append-only log. */
export class Event extends EventSchema.class {}
EventSchema.setClass(Event);

const JournalRowSchema = defineEntity({
  name: 'JournalRow',
  tableName: 'journal',
  properties: {
    sessionId: p.string().primary(),
    attempt: p.integer().primary(),
    place: p.integer().primary(),
    turnId: p.string(),
    entry: p.json<JournalEntry>(),
    at: p.datetime(),
  },
});
/** One message, response or tool result. */
export class JournalRow extends JournalRowSchema.class {}
JournalRowSchema.setClass(JournalRow);

const ArtifactRowSchema = defineEntity({
  name: 'ArtifactRow',
  tableName: 'artifact',
  properties: {
    id: p.string().primary(),
    sessionId: p.string(),
    turnId: p.string().nullable(),
    kind: p.string().$type<ArtifactKind>(),
    name: p.string(),
    mimeType: p.string(),
    sizeBytes: p.integer(),
    altText: p.text(),
    /** Where the artifact store keeps the content. */
    storeKey: p.string(),
    /** Set once Slack has the file and can show it. */
    slackFileId: p.string().nullable(),
    createdAt: p.datetime(),
  },
});
/** A file that a turn produced. */
export class ArtifactRow extends ArtifactRowSchema.class {}
ArtifactRowSchema.setClass(ArtifactRow);

const VerificationRowSchema = defineEntity({
  name: 'VerificationRow',
  tableName: 'verification',
  properties: {
    sessionId: p.string().primary(),
    commit: p.string().primary(),
    passed: p.boolean(),
    body: p.json<Verification>(),
    createdAt: p.datetime(),
  },
});
/** What was verified of exactly this commit. */
export class VerificationRow extends VerificationRowSchema.class {}
VerificationRowSchema.setClass(VerificationRow);

export const logEntities = [Event, JournalRow, ArtifactRow, VerificationRow];
