// The prompts that Slack suggests in the conversation with the agent; manifest.json has the same. A click sends the
// message as it is, so each is a complete request for any repo.
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts

export const SUGGESTED_PROMPTS = [
  { title: 'Explain the repo', message: 'Read only: how is this repo built, run and tested?' },
  {
    title: 'Find what to mend',
    message: 'Read only: which three small things are most worth mending here, and where are they?',
  },
  {
    title: 'Look at the tests',
    message: 'Read only: run the tests and say what fails, what is slow, and why.',
  },
  { title: 'Plan a first change', message: 'Plan first: mend the smallest real fault that you find.' },
] as const;
