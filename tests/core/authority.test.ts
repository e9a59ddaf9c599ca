// Rights by lists and user groups, and the approvals that count.
import { describe, expect, it } from 'vitest';
import { countingApprovals, isOwnChange } from '../../core/rights/approvals.ts';
import { type Actor, isUncertain, may, namesGroups, whoMay } from '../../core/rights/authority.ts';

const engineers = { id: 'S0ENGINEER', handle: 'engineers' };
const mira: Actor = { id: 'U0MIRA', name: 'Mira', email: 'mira@example.com', isMember: true };
const jonas: Actor = { ...mira, id: 'U0JONAS', name: 'Jonas', email: 'jonas@example.com' };
const people = (approve: string[]) => ({ start: [], approve, merge: [] });

describe('may', () => {
  it.each(['@engineers', '@Engineers', 'S0ENGINEER'])('lets members of the group %s', (entry) => {
    expect(may(people([entry]), 'approve', { ...mira, groups: [engineers] })).toBe(true);
    expect(may(people([entry]), 'approve', mira)).toBe(false);
    expect(namesGroups(people([entry]))).toBe(true);
  });

  it.each(['everyone', '@engineers'])('lets no guest by %s, only by name', (entry) => {
    const guest = { ...mira, isMember: false, groups: [engineers] };
    expect(may(people([entry]), 'approve', guest)).toBe(false);
    expect(may(people(['U0MIRA']), 'approve', guest)).toBe(true);
    expect(may(people(['Mira@example.com']), 'approve', guest)).toBe(true);
  });

  it('lets people of other organisations by their id, not by an address that their own administrators gave', () => {
    const stranger = { ...mira, isMember: false, isForeign: true };
    expect(may(people(['mira@example.com']), 'approve', stranger)).toBe(false);
    expect(may(people(['U0MIRA']), 'approve', stranger)).toBe(true);
  });

  it('is uncertain only where a group could decide and is not known', () => {
    expect(isUncertain(people(['@engineers']), 'approve', mira)).toBe(true);
    expect(isUncertain(people(['@engineers']), 'approve', { ...mira, groups: [] })).toBe(false);
    expect(isUncertain(people(['@engineers', 'U0MIRA']), 'approve', mira)).toBe(false);
    expect(isUncertain(people(['jonas@example.com']), 'approve', mira)).toBe(false);
    expect(isUncertain(people(['@engineers']), 'approve', { ...mira, isMember: false })).toBe(false);
  });

  it('names groups by their handles', () => {
    const handles = { S0ENGINEER: 'engineers' };
    expect(whoMay(people(['S0ENGINEER', 'U0MIRA']), 'approve', { ...mira, handles })).toEqual([
      '@engineers',
      'U0MIRA',
    ]);
    expect(namesGroups(people(['everyone', 'mira@example.com', 'U0MIRA']))).toBe(false);
  });
});

describe('approvals', () => {
  const rules = { needed: 2, own: false };
  const config = { people: people(['U0MIRA', 'U0JONAS']), approvals: rules };
  const by = (actor: Actor, commit = 'aaa') => ({ by: actor, commit });

  it('belong to one commit and count once for each person', () => {
    const given = [by(mira), by(mira), by(jonas, 'bbb')];
    expect(countingApprovals(config, given, 'aaa', [])).toHaveLength(1);
    expect(countingApprovals(config, [...given, by(jonas)], 'aaa', [])).toHaveLength(2);
  });

  it('stop counting when the person is no longer in the list', () => {
    const fewer = { ...config, people: people(['U0JONAS']) };
    expect(countingApprovals(fewer, [by(mira), by(jonas)], 'aaa', [])).toHaveLength(1);
  });

  it('are not given by the only person who asked for the change', () => {
    expect(isOwnChange(rules, [mira], mira.id)).toBe(true);
    expect(isOwnChange(rules, [mira, jonas], mira.id)).toBe(false);
    expect(isOwnChange(rules, [jonas], mira.id)).toBe(false);
    expect(isOwnChange(rules, [], mira.id)).toBe(false);
    expect(isOwnChange({ ...rules, own: true }, [mira], mira.id)).toBe(false);
    expect(countingApprovals(config, [by(mira)], 'aaa', [mira])).toHaveLength(0);
  });
});
