/** `/docs` in a browser, under a host name over plain http: every call works as the page has filled it in. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTintype, type Tintype } from '@tintype/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim())
  .find((path) => path !== '');
const inBrowser = executablePath === undefined ? describe.skip : describe;
const reason = executablePath === undefined ? ' (not tried: there is no Chromium on the PATH)' : '';

const key = 'the-key-of-whoever-tries-the-page';
const host = 'pictures.test';
const picture = fileURLToPath(new URL('../../../services/api/samples/photo.jpg', import.meta.url));
/** The page takes a second or two; a busy machine may take fifty times as long. */
const limitMs = 300_000;

inBrowser(`the page of the docs${reason}`, () => {
  let tintype: Tintype;
  let browser: Browser;
  let page: Page;
  const wrong: string[] = [];

  beforeAll(async () => {
    const switches = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
    const args = [...switches, `--host-resolver-rules=MAP ${host} 127.0.0.1`];
    const apiEnv = { AUTH: 'required', API_KEYS: `reader:${key}:thumbnails+colours`, SAMPLES: 'true' };
    [tintype, browser] = await Promise.all([
      startTintype({ apiEnv }),
      chromium.launch({ ...(executablePath !== undefined && { executablePath }), args, timeout: limitMs }),
    ]);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(limitMs);
    page.on('pageerror', ({ message }) => wrong.push(message));
    page.on('requestfailed', (request) => wrong.push(request.url()));
    page.on('console', (message) => {
      if (/Content Security Policy|Content-Security-Policy/.test(message.text())) wrong.push(message.text());
    });
    await page.goto(`http://${host}:${new URL(tintype.url).port}/`);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), tintype?.stop()]);
  });

  const operation = (id: string) => page.locator(`#operations-${id}`);

  /** Runs what is filled in; returns the status, once the page shows it. */
  const execute = async (id: string): Promise<number> => {
    const answered = page.waitForResponse((answer) => answer.url().includes('/v1/'));
    await operation(id).locator('.execute').click();
    const status = (await answered).status();
    await shows(id, String(status));
    return status;
  };

  const unfold = (id: string) => operation(id).locator('.opblock-summary-control').click();
  const shows = (id: string, text: string) =>
    operation(id).locator('.live-responses-table', { hasText: text }).waitFor();

  test('when a call is tried without a key, then it is refused; when the key was given to Authorize, then not', async () => {
    await unfold('thumbnails-createThumbnail');
    expect(await execute('thumbnails-createThumbnail')).toBe(401);
    await page.locator('button.authorize').first().click();
    const form = page.locator('.auth-container', { hasText: 'X-API-Key' });
    await form.locator('input').fill(key);
    await form.locator('button.authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').first().click();

    expect(await execute('thumbnails-createThumbnail')).toBe(200);
    await shows('thumbnails-createThumbnail', '"status": "completed"');
    expect(await page.getByText('Undocumented').count()).toBe(0);
  });

  test('when a file is chosen on a narrow page, then the form is taken as it is filled in', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const body = operation('thumbnails-createThumbnail').locator('.opblock-section-request-body');
    await body.locator('select.content-type').selectOption('multipart/form-data');
    await body.locator('input[type=file]').setInputFiles(picture);
    expect(await execute('thumbnails-createThumbnail')).toBe(200);
    await shows('thumbnails-createThumbnail', '"kind": "upload"');
    await shows('thumbnails-createThumbnail', '"status": "completed"');
    const answers = operation('thumbnails-createThumbnail').locator('.responses-inner');
    expect(await answers.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    await unfold('thumbnails-createThumbnail');
  });

  test('when an id is left as it stands, then the picture that was made last is there', async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await unfold('thumbnails-getThumbnailFile');
    expect(await execute('thumbnails-getThumbnailFile')).toBe(200);
    await operation('thumbnails-getThumbnailFile').locator('.live-responses-table img').waitFor();
  });

  test('when all of that was done, then nothing of the page was missing or refused by its policy', () => {
    expect(wrong).toEqual([]);
  });
});
