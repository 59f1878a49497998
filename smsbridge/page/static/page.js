// Copies, and keeps a page as new as its host: one stream of events for all pages of a browser.
(() => {
  "use strict";
  const POLL = 2000, BEAT = 1000, SILENCE = 5000, LATER = 2500, PAUSE = 250, SEEN = 2000;
  const KINDS = ["message", "request", "report", "received", "scenario", "fault", "clock", "delay",
    "webhook", "reset"];
  let copied = -Infinity;

  document.documentElement.classList.add("scripted");

  // A browser opens six connections to a host at most, and a stream keeps one. So the pages of one
  // stream elect who listens, by a lock, and that page tells the others. Without locks (a page by
  // plain http from elsewhere) each page that can be seen has its own.
  class SharedStream extends EventTarget {
    constructor(url) {
      super();
      this.url = url;
      this.readyState = EventSource.CONNECTING;
      this.heard = this.told = -Infinity;
      const shared = window.isSecureContext && navigator.locks && window.BroadcastChannel;
      this.channel = shared ? new BroadcastChannel(`smsbridge ${url}`) : null;
      if (shared) this.channel.onmessage = ({ data }) => this.hear(data);
      document.addEventListener("visibilitychange", () => this.look());
      window.addEventListener("pagehide", () => this.leave());
      this.look();
      this.refreshLater();
      setInterval(() => this.beat(), BEAT);
      setInterval(() => this.poll(), POLL);
    }

    get alive() { return performance.now() - this.heard < SILENCE; }

    look() {
      if (document.hidden) return this.leave();
      if (this.missed) this.refresh();
      this.missed = false;
      if (this.waiting || this.source) return;
      if (!this.channel) return this.listen();
      this.waiting = new AbortController();
      navigator.locks.request(`smsbridge ${this.url}`, { signal: this.waiting.signal }, () => {
        this.waiting = null;
        this.listen();
        return new Promise((resolve) => { this.free = resolve; });
      }).catch(() => {});
    }

    leave() {
      this.missed = true;
      this.waiting?.abort();
      this.source?.close();
      this.free?.();
      this.waiting = this.source = this.free = null;
    }

    listen() {
      const source = new EventSource(this.url);
      this.source = source;
      source.onopen = () => {
        this.hear({ kind: "open" });
        this.refresh(); // what came before is in no event
      };
      source.onerror = () => {
        this.heard = -Infinity;
        if (source.readyState === EventSource.CLOSED && this.source === source) {
          this.source = null;
          setTimeout(() => this.source || this.missed || this.listen(), POLL);
        }
      };
      for (const kind of KINDS) {
        source.addEventListener(kind, ({ data }) => {
          this.channel?.postMessage({ kind, data });
          this.hear({ kind, data });
        });
      }
    }

    hear({ kind, data }) {
      this.heard = performance.now();
      if (KINDS.includes(kind)) {
        this.tell(kind, data);
      } else if (this.readyState !== EventSource.OPEN) {
        this.readyState = EventSource.OPEN;
        this.onopen?.(new Event("open"));
      }
      this.show();
    }

    beat() {
      if (this.source?.readyState !== EventSource.OPEN) return this.show();
      this.channel?.postMessage({ kind: "beat" });
      this.hear({ kind: "beat" });
    }

    poll() { if (!document.hidden && !this.alive) this.refresh(); }

    refresh() {
      const live = document.getElementById("live");
      if (live) htmx.trigger(live, "refresh");
    }

    tell(kind, data) { // at once, but no more than a few times a second
      const wait = this.told + PAUSE - performance.now();
      if (wait > 0) {
        return this.due ??= setTimeout(() => { this.due = null; this.tell(kind, data); }, wait);
      }
      this.told = performance.now();
      this.dispatchEvent(new MessageEvent(kind, { data }));
      this.refreshLater();
    }

    refreshLater() { // a status may change by time alone
      clearTimeout(this.later);
      this.later = setTimeout(() => this.refresh(), LATER);
    }

    show() {
      if (performance.now() - copied < SEEN) return;
      const pulse = document.getElementById("pulse");
      const word = this.alive ? "Live" : "Asks every two seconds";
      if (pulse.textContent !== word) pulse.textContent = word;
    }

    close() { this.leave(); }
  }

  htmx.createEventSource = (url) => new SharedStream(url);

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const back = document.activeElement;
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      back.focus();
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    await copy(document.getElementById(button.dataset.from)?.textContent ?? button.dataset.copy);
    document.getElementById("pulse").textContent = "Copied";
    copied = performance.now();
  });
})();
