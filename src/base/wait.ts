/** Waiting for a promise, but not for ever. */

/** Whether a promise is still open after `ms`. Its failure is for who awaits it. */
export function takesLonger(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    const settle = () => {
      clearTimeout(timer);
      resolve(false);
    };
    promise.then(settle, settle);
  });
}
