// The way back, on the Colorize and Compare pages, each to its own. A page that was reloaded goes on with the photos that
// were there, by the token that its tab keeps. Who closed the tab, or started over, or whose server did, is offered the
// photos that this browser had last. Runs after stage.js. Events: 'resume', 'restart'.
const PAGE = /\/compare\/?$/.test(location.pathname) ? '-compare' : '';
const OWN = `colorgan-session${PAGE}`;
const LAST = `colorgan-last${PAGE}`;
const kept = (storage) => ({ // a browser may refuse to keep anything
  get: (name) => { try { return window[storage].getItem(name); } catch { return null; } },
  set: (name, token) => { try { window[storage].setItem(name, token); } catch { /* a reload begins anew */ } },
  forget: (name) => { try { window[storage].removeItem(name); } catch { /* nothing was kept */ } },
});
const tab = kept('sessionStorage');
const browser = kept('localStorage');

function keepToken() {
  const token = element.querySelector('[data-token]')?.dataset.token;
  if (element.querySelector('.empty [role=alert]') && tab.get(OWN) && !element.querySelector('[data-resume]')) {
    const lost = tab.get(OWN); // the server has begun anew, and may have kept them
    tab.forget(OWN);
    trigger('resume', { token: lost, offer: true });
  }
  if (!token) return;
  tab.set(OWN, token);
  browser.set(LAST, token);
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-resume]');
  if (button) trigger('resume', { token: button.dataset.resume, offer: false });
  if (event.target.closest('[data-restart]')) asking.showModal();
});

// "Start over" asks first.
const asking = Object.assign(document.createElement('dialog'), { className: 'asking' });
asking.innerHTML = `<h2>Start over?</h2>
<p>All photos leave this page. It offers the way back to them.</p>
<p class="actions"><button type="button" class="button" data-no>Stay</button>
<button type="button" class="button primary" data-yes>Start over</button></p>`;
asking.setAttribute('aria-label', 'Start over?');
element.after(asking);
asking.addEventListener('click', (event) => {
  if (event.target === asking || event.target.closest('button')) asking.close();
  if (!event.target.closest('[data-yes]')) return;
  tab.forget(OWN);
  trigger('restart', {});
});

watch('value', keepToken);
if (element.querySelector('.empty') && (tab.get(OWN) || browser.get(LAST))) {
  trigger('resume', { token: tab.get(OWN) || browser.get(LAST), offer: !tab.get(OWN) });
}
