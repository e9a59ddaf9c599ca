// What Slack's own client checks before it submits a modal: required fields, lengths, numbers.

/** @typedef {import('../blocks/context.js').Json} Json */

/**
 * @param {Json[]} blocks
 * @param {Record<string, Record<string, Record<string, unknown>>>} values
 * @returns {Record<string, string>} one sentence per refused block
 */
export function checkForm(blocks, values) {
  /** @type {Record<string, string>} */
  const errors = {};
  for (const block of blocks) {
    if (block.type !== 'input') continue;
    const blockId = block.block_id ?? '';
    const { type: _, ...state } = values[blockId]?.[block.element?.action_id ?? ''] ?? { type: '' };
    const value = Object.values(state)[0];
    const problem = check(block, value);
    if (problem) errors[blockId] = problem;
  }
  return errors;
}

/**
 * @param {Json} block
 * @param {unknown} value
 * @returns {string | null}
 */
function check(block, value) {
  const element = block.element ?? {};
  const empty =
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  if (empty) return block.optional ? null : 'Please complete this required field.';
  if (typeof value === 'string' && element.min_length > value.length)
    return `Please write at least ${element.min_length} characters.`;
  if (element.type === 'number_input' && typeof value === 'string') return checkNumber(element, value);
  if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(String(value)))
    return 'Please enter an e-mail address.';
  if (element.type === 'url_text_input' && !URL.canParse(String(value))) return 'Please enter a web address.';
  return null;
}

/**
 * @param {Json} element
 * @param {string} value
 */
function checkNumber(element, value) {
  const number = Number(value);
  if (!Number.isFinite(number)) return 'Please enter a number.';
  if (element.is_decimal_allowed !== true && !Number.isInteger(number)) return 'Please enter a whole number.';
  if (element.min_value !== undefined && number < Number(element.min_value))
    return `Please enter at least ${element.min_value}.`;
  if (element.max_value !== undefined && number > Number(element.max_value))
    return `Please enter at most ${element.max_value}.`;
  return null;
}
