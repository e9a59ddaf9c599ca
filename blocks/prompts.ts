// What a person may ask for, as Slack suggests it in the conversation with the agent; manifest.json has the same.
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts

export const SUGGESTED_PROMPTS = [
  { title: 'Fix something', message: 'Fix this, and show me before and after: ' },
  { title: 'Plan a change first', message: 'Plan first: ' },
  { title: 'Ask about the code', message: 'Read only: where and how do we ' },
  { title: 'Look into a failure', message: 'Read only: find out why this fails: ' },
] as const;
