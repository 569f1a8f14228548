// The identity form: a photo goes as soon as it is chosen, and the button says what is still missing.

const form = document.querySelector('[data-join]');
const button = document.querySelector('[data-submit]');

function missing() {
  const photos = [...form.querySelectorAll('[data-photo]')].filter((card) => !('done' in card.dataset));
  const name = button.dataset.haveName === '0' && !form.elements.name.value.trim();
  const number = button.dataset.haveNumber === '0' && !form.elements.number.value.trim();
  return photos.length + name + number + !form.elements.consent.checked;
}

function show() {
  const count = missing();
  button.disabled = count > 0;
  button.classList.toggle('dis', count > 0);
  button.textContent = count ? button.dataset.missing.replace('{n}', count) : button.dataset.words;
}

if (form && button) {
  form.querySelectorAll('[data-no-script]').forEach((send) => { send.hidden = true; });
  form.addEventListener('input', show);
  form.addEventListener('change', (event) => {
    const send = event.target.dataset && event.target.dataset.upload;
    if (send && event.target.files.length) form.requestSubmit(document.getElementById(send));
    else show();
  });
  window.addEventListener('pageshow', show);
  show();
}
