import type { Page } from 'playwright-core';

/** What a page may be told to do wrong from its next moment, or from its beginning, until {@link heal}. */
export type Fault = 'module' | 'canvas' | 'title' | 'look';

/**
 * Makes a page that can be broken at the places where it leans on the browser: the client's module traps, nothing can be drawn, an
 * effect of a console fails, or the whole page does.
 */
export async function breakable(page: Page, broken?: Fault): Promise<void> {
  await page.addInitScript((first) => {
    if (first !== undefined && sessionStorage.getItem('fault') === null) sessionStorage.setItem('fault', first);
    const trap = (fault: string) => {
      if (sessionStorage.getItem('fault') === fault) throw new Error(`broken: ${fault}`);
    };
    const instantiate = WebAssembly.instantiate as (module: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>;
    Object.assign(WebAssembly, {
      instantiate: async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
        const { exports } = await instantiate(module, imports);
        const guarded = Object.entries(exports).map(([name, value]) => [name, typeof value !== 'function' ? value : (...values: unknown[]) => {
          trap('module');
          return value(...values);
        }]);
        return { exports: Object.fromEntries(guarded) };
      },
    });
    const guard = (owner: object, name: string, fault: string) => {
      const { get, set, value, ...how } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
      const guarded = (real: ((...values: never[]) => unknown) | undefined) => function (this: unknown, ...values: never[]) {
        trap(fault);
        return real?.apply(this, values);
      };
      Object.defineProperty(owner, name, value === undefined ? { configurable: true, get: guarded(get), set: guarded(set) } : { ...how, value: guarded(value) });
    };
    guard(HTMLCanvasElement.prototype, 'getContext', 'canvas');
    guard(Document.prototype, 'title', 'title');
    guard(MediaQueryList.prototype, 'matches', 'look');
  }, broken);
}

/** From now on this goes wrong. */
export const breakNow = (page: Page, fault: Fault): Promise<void> => page.evaluate((name) => sessionStorage.setItem('fault', name), fault);

/** From now on, and when the page is loaded again, all goes well. */
export const heal = (page: Page): Promise<void> => page.evaluate(() => sessionStorage.setItem('fault', ''));
