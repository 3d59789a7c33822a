// A prebuilt JupyterLab extension written by hand: what a bundler would make, without one.
// It asks the Jupyter server, which owns the language server; no model logic here.
(() => {
  const NAME = "midfill-jupyterlab";
  const INVOKED = 1, AUTOMATIC = 2; // LSP's InlineCompletionTriggerKind
  let shared;

  /** The newest version that JupyterLab shares of a package. */
  async function load(name) {
    const versions = shared[name];
    const newest = Object.keys(versions).sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).pop();
    return (await versions[newest].get())();
  }

  /** What is open: the cells of a notebook in order, or one file. */
  function documentOf(widget, text) {
    const path = widget.context?.path ?? "";
    const cells = widget.content?.widgets?.filter((cell) => cell.model?.sharedModel);
    if (!cells?.length) {
      const mimeType = widget.content?.model?.mimeType ?? "";
      return { path, language: mimeType.replace(/^text\/(x-)?/, ""), cells: [{ id: "0", kind: "code", text }], active: 0 };
    }
    return {
      path,
      language: widget.context.model.defaultKernelLanguage || "python",
      cells: cells.map((cell) => ({
        id: cell.model.id,
        kind: cell.model.type === "code" ? "code" : "markup",
        text: cell.model.sharedModel.getSource(),
      })),
      active: widget.content.activeCellIndex,
    };
  }

  /** LSP's position of an offset; both count UTF-16 units. */
  function positionOf(text, offset) {
    const before = text.slice(0, offset);
    const line = before.split("\n").length - 1;
    return { line, character: before.length - (before.lastIndexOf("\n") + 1) };
  }

  class Provider {
    constructor(services, coreutils, apputils) {
      this.tell = (message) => apputils.Notification.warning(message, { autoClose: false });
      this.told = new Set();
      this.name = "Midfill";
      this.identifier = NAME;
      this.schema = { default: { enabled: true, timeout: 5000, debouncerDelay: 0 } };
      this.settings = services.ServerConnection.makeSettings();
      this.request = services.ServerConnection.makeRequest;
      this.url = coreutils.URLExt.join(this.settings.baseUrl, "midfill", "proposals");
      this.current = undefined;
    }

    configure() {}

    /** Say something that the user should mend, once. */
    tellOnce(message) {
      if (!this.told.has(message)) this.tell(message);
      this.told.add(message);
    }

    async fetch(request, context) {
      this.current?.abort();
      const abort = (this.current = new AbortController());
      const document = documentOf(context.widget, request.text);
      document.cells[document.active].text = request.text;
      const body = {
        ...document,
        position: positionOf(request.text, request.offset),
        // JupyterLab counts 0 for "invoked" and 1 for "automatic".
        triggerKind: context.triggerKind === 0 ? INVOKED : AUTOMATIC,
      };
      try {
        const init = { method: "POST", body: JSON.stringify(body), signal: abort.signal };
        const response = await this.request(this.url, init, this.settings);
        const answer = await response.json();
        // 503: the language server cannot be started; the message says how to mend it.
        if (response.status === 503) this.tellOnce(`Midfill: ${answer.message}`);
        if (!response.ok) throw new Error(`midfill: ${response.status} ${answer.message}`);
        if (answer.midfill.warning) this.tellOnce(`Midfill: ${answer.midfill.warning}`);
        return answer;
      } catch (error) {
        if (abort.signal.aborted) return { items: [] };
        throw error;
      }
    }
  }

  async function makePlugin() {
    const names = ["completer", "services", "coreutils", "apputils"];
    const [completer, services, coreutils, apputils] = await Promise.all(
      names.map((name) => load(`@jupyterlab/${name}`)),
    );
    return {
      id: `${NAME}:plugin`,
      description: "Proposes code by Midfill.",
      autoStart: true,
      requires: [completer.ICompletionProviderManager],
      activate: (_app, manager) => manager.registerInlineProvider(new Provider(services, coreutils, apputils)),
    };
  }

  (window._JUPYTERLAB ??= {})[NAME] = {
    init: (scope) => { shared = scope; },
    get: async (_module) => {
      const plugin = await makePlugin();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
