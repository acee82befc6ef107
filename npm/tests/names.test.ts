import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { Call, Flag, Frame, Out } from '../src/core/names.js';
import { VERSION } from '../src/version.js';

/** The constants of a module of names.rs. */
function rust(module: string): Record<string, number> {
  const text = readFileSync(new URL('../../sdk-wasm/src/names.rs', import.meta.url), 'utf8');
  const body = text.split(`mod ${module} {`)[1]?.split('\n}')[0] ?? '';
  const constants = [...body.matchAll(/const (\w+): u32 = (\d+);/g)].map(([, name = '', value]) =>
    [name.toLowerCase().replace(/(^|_)(\w)/g, (_all, _line, letter: string) => letter.toUpperCase()), Number(value)]);
  return Object.fromEntries(constants) as Record<string, number>;
}

/** An enum's members by name. */
function script(members: object): Record<string, number> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value === 'number')) as Record<string, number>;
}

test('both sides of the border name calls, frames, flags and outputs by the same numbers', () => {
  expect(script(Call)).toEqual(rust('call'));
  expect(script(Frame)).toEqual({ ...rust('frame'), Unknown: 13 });
  expect(script(Flag)).toEqual(rust('flag'));
  const { Event, Act, ...shared } = script(Out);
  expect(shared).toEqual(rust('output'));
  expect(new Set([...Object.values(shared), Event, Act]).size).toBe(Object.keys(script(Out)).length);
});

test('the version that servers are told is the package’s', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});
