import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { openTab, PICTURES, setStage } from '../support/browser.js';
import { bundle, putComponents } from '../support/bundle.js';
import { CHROMIUM } from '../support/engines/chromium.js';

/** How a person may have it: the system's wish, or the application's theme. */
const THEMES = [
  ['light', 'light', ''], ['dark', 'dark', ''], ['light by its theme', 'dark', 'light'], ['dark by its theme', 'light', 'dark'],
] as const;

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('how the components look', () => {
  const stage = setStage();
  let address: string;

  beforeAll(async () => void (address = await putComponents(stage.pages, 'looks', await bundle(PAGE))));

  /** A page with each state that a component can be in. */
  async function open(options: Parameters<typeof stage.browser.newContext>[0]): Promise<Page> {
    stage.context = await stage.browser.newContext(options);
    const { page } = await openTab(stage.context);
    await page.goto(address);
    await page.getByText('Not acknowledged: no answer in time').first().waitFor();
    await page.locator('.sf-item', { hasText: 'Acknowledged elsewhere' }).waitFor();
    // Half transparent, a colour is not the one that a person reads in the end.
    await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
    return page;
  }

  async function judge(page: Page, within: string): Promise<{ contrasts: number; faults: string[] }> {
    await page.evaluate(axe.source);
    return await page.evaluate(`axe.run('${within}').then(({ passes, violations, incomplete }) => ({
      contrasts: passes.find(({ id }) => id === 'color-contrast')?.nodes.length ?? 0,
      faults: [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map(({ html, any }) => [id, html, ...any.map(({ message }) => message)].join(': '))),
    }))`);
  }

  test.each(THEMES)('%s: each text has the contrast that it needs, and nothing else is wrong by axe', async (name, colorScheme, theme) => {
    const page = await open({ viewport: { width: 1_280, height: 2_400 }, colorScheme });
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    const toasts = await judge(page, '.sf-toasts');
    expect(toasts.faults).toEqual([]);
    expect(toasts.contrasts).toBeGreaterThan(10);
    await page.screenshot({ path: `${PICTURES}components-${name.replaceAll(' ', '-')}.png` });
    await page.evaluate("document.querySelectorAll('.sf-toast .sf-link').forEach((button) => button.click())");
    await page.locator('.sf-toast').first().waitFor({ state: 'detached' });
    const all = await judge(page, '#root');
    expect(all.faults).toEqual([]);
    expect(all.contrasts).toBeGreaterThan(50);
  });

  test.each([1_280, 390, 320])('right to left, %i pixels wide: all mirrored, nothing cut off', async (width) => {
    const page = await open({ viewport: { width, height: 900 } });
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await page.screenshot({ path: `${PICTURES}components-right-to-left-${width}.png` });
    expect(await page.evaluate(OVERFLOWING)).toEqual([]);
    const style = (selector: string, property: string) => page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);
    expect(await style('.sf-item', 'borderRightWidth')).toBe('3px');
    expect(await style('.sf-toast', 'borderRightWidth')).toBe('4px');
    expect(await style('.sf-toasts', 'left')).toBe('16px');
  });

  test.each(['ltr', 'rtl'])('%s, with a text of one long word, nothing is cut off', async (direction) => {
    const page = await open({ viewport: { width: 320, height: 900 } });
    await page.evaluate(`document.documentElement.dir = '${direction}'; longWord()`);
    await page.locator('.sf-item', { hasText: 'mmmm' }).waitFor();
    expect(await page.evaluate(OVERFLOWING)).toEqual([]);
  });

  test.each([['no-preference', 'sf-in'], ['reduce', 'none']] as const)('motion, %s: a toast comes with the animation %s', async (reducedMotion, animation) => {
    const page = await open({ reducedMotion });
    expect(await page.evaluate("getComputedStyle(document.querySelector('.sf-toast')).animationName")).toBe(animation);
    expect(await page.evaluate("[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s').length")).toBe(0);
  });
});

/** The elements that lie beyond the page's sides, or whose text is wider than they are. */
const OVERFLOWING = `[...document.querySelectorAll('html, #root *')].filter((element) => {
  const { left, right } = element.getBoundingClientRect();
  return left < -0.5 || right > innerWidth + 0.5 || (getComputedStyle(element).display !== 'inline' && element.scrollWidth > element.clientWidth + 1);
}).map((element) => element.outerHTML.slice(0, 120))`;

const PAGE = `
  import { createRoot } from 'react-dom/client';
  import { FakeClient } from '../tests/ui/fake.js';
  import { ConnectionStatus, RealTimeNotifications } from './ui/index.js';

  const reason = { code: 1006, retryable: true, message: 'the connection was lost or could not be opened; check the network' };
  const statuses = [
    {}, { transport: 'polling' }, { state: 'loading', transport: null }, { state: 'disconnected', transport: null },
    { state: 'connecting', transport: null, attempt: 3, retryAt: Date.now() + 60_000, reason },
    { state: 'closed', transport: null, reason: { ...reason, retryable: false } }, { state: 'crashed', transport: null, reason },
  ].map((status) => {
    const client = new FakeClient();
    client.set(status);
    return client;
  });
  const client = new FakeClient();
  // Nothing may lie out of sight, where no contrast can be measured.
  document.body.style = 'background: var(--sf-surface); color: var(--sf-text); --sf-list-height: none';
  createRoot(document.getElementById('root')).render(<>
    <h1>Components</h1>
    {statuses.flatMap((client, index) => [<ConnectionStatus key={index} client={client} />, <ConnectionStatus key={'compact' + index} client={client} compact />])}
    <RealTimeNotifications client={client} limit={12} topics={['incidents']} toasts={{ max: 20, duration: 3_600_000 }} />
    <RealTimeNotifications client={new FakeClient()} strings={{ notifications: 'Nothing yet' }} />
  </>);

  const listeners = () => client.listeners('incidents');
  globalThis.longWord = () => client.incident('m'.repeat(300), { priority: 'high', requiresAcknowledgment: false });
  const until = async (holds) => { while (!holds()) await new Promise(requestAnimationFrame); };
  const within = (text) => [...document.querySelectorAll('.sf-item')].find((item) => item.textContent.includes(text));
  const press = async (text, name) => {
    const button = () => [...within(text)?.querySelectorAll('button') ?? []].find((one) => one.textContent === name);
    await until(button);
    button().click();
  };

  await until(() => listeners().length > 0);
  client.event('system_notification', { title: 'Read before', message: 'Nothing more to do' }, { priority: 'medium' });
  await press('Read before', 'Mark as read');
  for (const priority of ['info', 'low', 'medium', 'high', 'warning', 'error', undefined]) {
    client.event('system_notification', { title: 'Notice ' + priority, message: 'What happened, and where' }, { priority });
  }
  listeners()[0].onGap({ topic: 'incidents', reason: 'history_evicted', lost: [3, 9] });
  listeners()[0].onFailed(Object.assign(new Error('your token does not allow this topic'), { code: 'forbidden' }));
  const elsewhere = client.incident('Acknowledged by another');
  await until(() => within('by another'));
  client.settled(elsewhere.id);
  client.incident('Acknowledged here');
  await press('Acknowledged here', 'Acknowledge');
  client.answer = () => Promise.reject(new Error('no answer in time'));
  client.incident('Power loss');
  await press('Power loss', 'Acknowledge');
`;
