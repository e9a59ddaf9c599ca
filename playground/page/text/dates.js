// Times as people read them: Slack's <!date^…> tokens, the clock beside a message, "3 minutes ago".

/** @param {string} ts Slack's timestamp, seconds with a fraction. */
export function tsToDate(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

/** @param {Date} date */
export function clock(date) {
  return date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });
}

/** @param {Date} date */
export function fullDate(date) {
  return `${date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })}, ${clock(date)}`;
}

/**
 * Today, Yesterday, or the date.
 * @param {Date} date
 * @param {Date} [now]
 */
export function dayName(date, now = new Date()) {
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return date.toLocaleDateString(undefined, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  });
}

/** @param {Date} date */
function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/**
 * @param {Date} date
 * @param {Date} [now]
 */
export function ago(date, now = new Date()) {
  const seconds = Math.max(0, (now.getTime() - date.getTime()) / 1000);
  if (seconds < 45) return 'just now';
  for (const [unit, lengthSeconds] of /** @type {const} */ ([
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ])) {
    const count = Math.round(seconds / lengthSeconds);
    if (count >= 1 && seconds >= lengthSeconds * 0.75) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

/** @type {Record<string, (date: Date) => string>} */
const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
  date_slash: (date) => date.toLocaleDateString(),
  date: (date) => date.toLocaleDateString(undefined, { day: 'numeric', month: 'long', year: 'numeric' }),
  date_short: (date) =>
    date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' }),
  date_long: (date) =>
    date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
  date_pretty: (date) => prettyDay(date, 'long'),
  date_short_pretty: (date) => prettyDay(date, 'short'),
  date_long_pretty: (date) => prettyDay(date, 'long'),
  day_divider_pretty: (date) => dayName(date),
  time: clock,
  time_secs: (date) => date.toLocaleTimeString(),
  ago: (date) => ago(date),
};

/**
 * Fills Slack's date format string; unknown tokens stay as they are.
 * @param {number} timestampSeconds
 * @param {string} format
 */
export function formatSlackDate(timestampSeconds, format) {
  const date = new Date(timestampSeconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name) => TOKENS[name]?.(date) ?? whole);
}

/**
 * @param {Date} date
 * @param {'long' | 'short'} month
 */
function prettyDay(date, month) {
  const name = dayName(date);
  if (name === 'Today' || name === 'Yesterday') return name.toLowerCase();
  return date.toLocaleDateString(undefined, { day: 'numeric', month, year: 'numeric' });
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, '0');
}
