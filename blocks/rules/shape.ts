// Small rules from which the tables of Slack's blocks are put together. A rule reports what Slack would refuse.

/** One thing that Slack would refuse, with a JSON pointer to it. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

export type Report = (pointer: string, message: string) => void;
export type Rule = (value: unknown, pointer: string, report: Report) => void;

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Optional {
  readonly optional: Rule;
}

/** A field that may be left out. */
export function maybe(rule: Rule): Optional {
  return { optional: rule };
}

/** A string of `min` to `max` characters; a required one needs something to see, not only spaces. */
export function string(max: number, min = 1): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'must be a string');
    if (value.length > max)
      report(pointer, `must be at most ${max} characters long, but has ${value.length}`);
    if (value.length < min || (min > 0 && value.trim() === '')) report(pointer, 'must not be empty');
    if (!value.isWellFormed()) report(pointer, 'must be well-formed Unicode');
  };
}

/** Text inside rich text: white space alone is allowed there, emptiness is not. */
export function text(max: number): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'must be a string');
    if (value === '') report(pointer, 'must not be empty');
    if (value.length > max)
      report(pointer, `must be at most ${max} characters long, but has ${value.length}`);
    if (!value.isWellFormed()) report(pointer, 'must be well-formed Unicode');
  };
}

export function matching(pattern: RegExp, what: string): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(pointer, `must be ${what}`);
  };
}

export function integer(min: number, max: number): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      report(pointer, `must be a whole number from ${min} to ${max}`);
  };
}

export const boolean: Rule = (value, pointer, report) => {
  if (typeof value !== 'boolean') report(pointer, 'must be true or false');
};

export const number: Rule = (value, pointer, report) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) report(pointer, 'must be a number');
};

/** An absolute web address. */
export function url(max: number): Rule {
  return (value, pointer, report) => {
    string(max)(value, pointer, report);
    if (typeof value === 'string' && !(/^https?:\/\/\S+$/i.test(value) && URL.canParse(value)))
      report(pointer, 'must be an http or https address');
  };
}

export function oneOf(...values: readonly string[]): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string' || !values.includes(value))
      report(pointer, `must be one of ${values.join(', ')}`);
  };
}

export function array(rule: Rule, min: number, max: number): Rule {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report(pointer, 'must be a list');
    if (value.length < min) report(pointer, `must have at least ${min} items`);
    if (value.length > max) report(pointer, `must have at most ${max} items, but has ${value.length}`);
    value.forEach((item, index) => {
      rule(item, `${pointer}/${index}`, report);
    });
  };
}

/** An object with these fields and no others. */
export function object(shape: Readonly<Record<string, Rule | Optional>>): Rule {
  return (value, pointer, report) => {
    if (!isFields(value)) return report(pointer, 'must be an object');
    for (const [name, entry] of Object.entries(shape)) {
      const at = `${pointer}/${name}`;
      if (value[name] !== undefined) rule(entry)(value[name], at, report);
      else if (typeof entry === 'function') report(at, 'is missing');
    }
    for (const name of Object.keys(value))
      if (!(name in shape)) report(`${pointer}/${name}`, 'is not a field that Slack knows here');
  };
}

function rule(entry: Rule | Optional): Rule {
  return typeof entry === 'function' ? entry : entry.optional;
}

/** Objects that say by their `type` which shape they have. */
export function byType(shapes: Readonly<Record<string, Rule>>, what: string): Rule {
  return (value, pointer, report) => {
    if (!isFields(value)) return report(pointer, 'must be an object');
    const type = value.type;
    const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    if (shape) shape(value, pointer, report);
    else report(`${pointer}/type`, `${String(type)} is not ${what}`);
  };
}

/** All of these rules. */
export function all(...rules: readonly Rule[]): Rule {
  return (value, pointer, report) => {
    for (const one of rules) one(value, pointer, report);
  };
}

/** Exactly one, or at least one, of these fields. */
export function having(which: 'exactly' | 'at least', ...names: readonly string[]): Rule {
  return (value, pointer, report) => {
    if (!isFields(value)) return;
    const there = names.filter((name) => value[name] !== undefined).length;
    if (there === 0 || (which === 'exactly' && there > 1))
      report(pointer, `must have ${which} one of ${names.join(', ')}`);
  };
}
