// What the model does in the town: it reads the sign, paints it, looks, plans, investigates, or takes a nap.

const shell = (command: string) => ({ tools: [{ name: 'shell', arguments: { command } }] });
/** Says what the last command printed; the group `seen` of the pattern is filled in. */
const saying = (pattern: string, say: string) => ({
  either: [{ when: { last_result_matches: pattern }, say }, { say: 'I found nothing.' }],
});
const SIGN = '(?<seen>(bakery|ledger), \\w+)';
/** The instructions of the model that only says which repo a request is about. */
const ROUTES = 'which repository a request';
const routing = { role: 'judge', system_matches: ROUTES };

export const INVESTIGATION = {
  cause: 'Cause: the sign says',
  evidence: 'Evidence: `sign.txt:1`',
  proposal: 'Proposed fix: paint the sign',
};

export const RECORDINGS: Readonly<Record<string, object>> = {
  sign: {
    match: 'what does the sign.* say',
    steps: [shell('cat sign.txt'), saying(SIGN, 'The sign says: {{seen}}.')],
  },
  paint: {
    match: '\\bpaint the sign',
    steps: [shell('echo fresh paint >> sign.txt'), { say: 'The sign is painted.' }],
  },
  repaint: {
    match: 'repaint the sign',
    steps: [
      { say: '1. Paint `sign.txt`\n2. Look at it' },
      shell('echo fresh paint >> sign.txt'),
      { say: 'The sign is painted as planned.' },
    ],
  },
  look: { match: 'look at this', steps: [{ say: 'I have seen it.' }] },
  files: {
    match: 'see the attached files',
    steps: [
      shell('cat /work/attachments/*/order.txt'),
      saying('(?<seen>\\d+ rolls)', 'The order is for {{seen}}.'),
    ],
  },
  nap: { match: 'take a nap', steps: [{ say: 'Good morning.', delay_ms: 600_000 }] },
  investigate: {
    match: 'what causes this alert.*change no files',
    steps: [
      // What is only to be looked into stays as it is, whatever the model does.
      shell('cat sign.txt && echo broken >> sign.txt'),
      saying(
        SIGN,
        `${INVESTIGATION.cause} {{seen}}.\n\n${INVESTIGATION.evidence}\n\n${INVESTIGATION.proposal}.`,
      ),
    ],
  },
  mend: {
    match: 'fix the cause that you found|then fix it',
    steps: [shell('echo mended >> sign.txt'), { say: 'The cause is gone.' }],
  },
  'route-invoices': {
    ...routing,
    priority: 30,
    match: '<request>.*unpaid invoices',
    steps: [{ say: '{"repo":"ledger"}' }],
  },
  'route-unknown': { ...routing, priority: 20, steps: [{ say: '{"repo":"unknown"}' }] },
};
