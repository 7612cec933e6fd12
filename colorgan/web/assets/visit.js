// The way back: a page that was reloaded, or that somebody returned to, goes on with the photos that were there. The
// token is kept by this tab alone. Runs after stage.js. Event: 'resume'.
const TOKEN = 'colorgan-session';
const kept = { // a browser may refuse to keep anything
  get: () => { try { return sessionStorage.getItem(TOKEN); } catch { return null; } },
  set: (token) => { try { sessionStorage.setItem(TOKEN, token); } catch { /* a reload begins anew */ } },
  forget: () => { try { sessionStorage.removeItem(TOKEN); } catch { /* nothing was kept */ } },
};

function keepToken() {
  const token = element.querySelector('[data-token]')?.dataset.token;
  if (token) kept.set(token);
}

element.addEventListener('click', (event) => { if (event.target.closest('[data-event="restart"]')) kept.forget(); });
watch('value', keepToken);
if (kept.get() && element.querySelector('.empty')) trigger('resume', { token: kept.get() });
