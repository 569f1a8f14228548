// A worker's timers go on in a tab that nobody looks at, where a page's own are slowed down to one a minute.
let timers = [];

self.onmessage = ({ data }) => {
  timers.forEach(clearTimeout);
  timers = data.map(({ key, ms }) => setTimeout(() => self.postMessage(key), ms));
};
