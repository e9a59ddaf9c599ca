// What a block may ask of the page around it. The renderer itself is pure: block JSON and this in, DOM out.

/**
 * One click or choice, in the shape /control/actions takes.
 * @typedef {{ action_id: string, block_id: string, type: string } & Record<string, unknown>} Action
 */

/**
 * The value of an input as Slack reports it in view.state.values.
 * @typedef {{ type: string } & Record<string, unknown>} StateValue
 */

/**
 * @typedef {{ id: string, name: string }} Choice
 */

/**
 * @typedef {object} SurfaceContext
 * @property {'message' | 'modal' | 'home' | 'gallery'} surface
 * @property {() => Choice[]} people
 * @property {() => Choice[]} channels
 * @property {(id: string) => string} fileUrl
 * @property {(src: string, alt: string) => void} openImage
 * @property {(dialog: unknown) => Promise<boolean>} confirm Resolves true when the person confirmed.
 * @property {(action: Action, control: HTMLElement) => Promise<void>} act Sends it; must not throw.
 * @property {(blockId: string, actionId: string) => StateValue | undefined} getValue
 * @property {(blockId: string, actionId: string, value: StateValue) => void} setValue
 * @property {(key: string, fallback: boolean) => boolean} isOpen Whether a collapsible was left open.
 * @property {(key: string, open: boolean) => void} setOpen
 */

/** @typedef {import('../text/inline.js').TextContext & SurfaceContext} RenderContext */

/**
 * A block or element as it arrives: the app may have sent anything.
 * @typedef {{ type?: string, block_id?: string, action_id?: string } & Record<string, any>} Json
 */

/**
 * @param {unknown} value
 * @returns {Json[]}
 */
export function list(value) {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

/**
 * @param {unknown} value
 * @returns {string}
 */
export function string(value) {
  return typeof value === 'string' ? value : '';
}

/**
 * Runs one interaction of an element: asks for confirmation when the app wants it, shows the control as
 * busy until the app answered, and lets nothing be clicked twice meanwhile.
 * @param {RenderContext} ctx
 * @param {Json} element
 * @param {string} blockId
 * @param {HTMLElement} control
 * @param {Record<string, unknown>} [extra]
 * @returns {Promise<boolean>} false when the person said no
 */
export async function interact(ctx, element, blockId, control, extra = {}) {
  if (control.classList.contains('is-busy')) return false;
  if (element.confirm && !(await ctx.confirm(element.confirm))) return false;
  control.classList.add('is-busy');
  control.setAttribute('aria-busy', 'true');
  try {
    await ctx.act(
      { action_id: string(element.action_id), block_id: blockId, type: string(element.type), ...extra },
      control,
    );
  } finally {
    control.classList.remove('is-busy');
    control.removeAttribute('aria-busy');
  }
  return true;
}
