// A proxy that a start script brings up: told the origin's port, the script says `proxy HOST:PORT` on a line of its own when the proxy takes calls, and ends it when its own input ends.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Starts it; resolves to { address, stop() }. Rejects when it ends first, or is not up within `seconds`. */
export async function startProxy(script, originPort, seconds = 60) {
  const child = spawn(script, [String(originPort)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  try {
    const address = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${script} did not say "proxy HOST:PORT" within ${seconds} s`)), seconds * 1000);
      child.once('error', reject);
      ended.then((code) => reject(Object.assign(new Error(`${script} ended with ${code} before it said "proxy HOST:PORT"`), { code: 'ENOTSTARTED' })));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [, found] = /^proxy (\S+)$/.exec(line) ?? [];
        if (found) {
          clearTimeout(timer);
          resolve(found);
        }
      });
    });
    return { address, stop };
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
}
