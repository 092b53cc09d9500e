var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};

// src/errors.ts
var ProvisionError;
var init_errors = __esm({
  "src/errors.ts"() {
    "use strict";
    ProvisionError = class extends Error {
      code;
      hint;
      where;
      constructor(code, message, details = {}) {
        super(message, details.cause === void 0 ? void 0 : { cause: details.cause });
        this.name = "ProvisionError";
        this.code = code;
        this.hint = details.hint;
        this.where = details.where;
      }
    };
  }
});

// src/guest/pattern.ts
function matchesPattern(text, pattern) {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (next < pattern.length && pattern[next] === "*") {
      star = next++;
      resume = at;
    } else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === text[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[next] === "*") next++;
  return next === pattern.length;
}
function matchesList(text, patterns) {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchesPattern(text, pattern.slice(1))) return false;
    } else if (!matched) matched = matchesPattern(text, pattern);
  }
  return matched;
}
var init_pattern = __esm({
  "src/guest/pattern.ts"() {
    "use strict";
  }
});

// src/guest/files.ts
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error) && ["ENOENT", "ENOTDIR", "EACCES", "EISDIR"].includes(error.code ?? "")) return void 0;
    throw error;
  }
}
function isErrno(error) {
  return error instanceof Error && "code" in error;
}
function expandHome(path, home) {
  return path === "~" || path.startsWith("~/") ? home + path.slice(1) : path;
}
function expandPattern(pattern) {
  let paths = ["/"];
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    paths = /[*?]/.test(part) ? paths.flatMap((path) => namesIn(path, part).map((name) => join(path, name))) : paths.map((path) => join(path, part));
  }
  return paths;
}
function namesIn(directory, pattern) {
  try {
    return readdirSync(directory).filter((name) => matchesPattern(name, pattern) && (!name.startsWith(".") || pattern.startsWith("."))).sort();
  } catch {
    return [];
  }
}
var init_files = __esm({
  "src/guest/files.ts"() {
    "use strict";
    init_pattern();
  }
});

// src/guest/known-hosts.ts
import { createHmac } from "node:crypto";
function parseKnownHosts(text, file) {
  const lines = [];
  for (const [index, written] of text.split("\n").entries()) {
    const words = written.trim().split(/[ \t]+/);
    if (words[0] === void 0 || words[0] === "" || words[0].startsWith("#")) continue;
    const marker = words[0].startsWith("@") ? words.shift()?.slice(1) : void 0;
    const [names, type, key] = words;
    if (names === void 0 || type === void 0 || key === void 0) continue;
    if (marker !== void 0 && marker !== "revoked" && marker !== "cert-authority") continue;
    lines.push({ file, line: index + 1, marker, names, type, key });
  }
  return lines;
}
function knownHostName(host, port) {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}
function formatKnownHost(name, key, salt) {
  const shown = salt === void 0 ? name : `|1|${salt.toString("base64")}|${hashName(name, salt)}`;
  return `${shown} ${keyType(key)} ${key.toString("base64")}
`;
}
function keyType(key) {
  return key.length < 4 ? "" : key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}
function hashName(name, salt) {
  return createHmac("sha1", salt).update(name).digest("base64");
}
var KnownHosts;
var init_known_hosts = __esm({
  "src/guest/known-hosts.ts"() {
    "use strict";
    init_pattern();
    KnownHosts = class {
      #exact = /* @__PURE__ */ new Map();
      #wild = [];
      #hashed = [];
      #found = /* @__PURE__ */ new Map();
      constructor(lines) {
        for (const line of lines) this.#add(line);
      }
      /** Every line that is about this name, in the order of kinds: plain, wildcard, hashed. */
      linesFor(name) {
        const found = this.#found.get(name) ?? [
          this.#exact.get(name) ?? [],
          this.#wild.filter(({ patterns }) => matchesList(name, patterns)).map(({ line }) => line),
          this.#hashed.filter(({ salt, hash }) => hashName(name, salt) === hash).map(({ line }) => line)
        ].flat();
        this.#found.set(name, found);
        return found;
      }
      /** Types of the keys that are known under any of the names. */
      types(names) {
        const lines = names.flatMap((name) => this.linesFor(name)).filter(({ marker }) => marker === void 0);
        return [...new Set(lines.map(({ type }) => type))];
      }
      /**
       * Judges a key. The names after the first (a name without its port) can vouch for a key, but not contradict it.
       * A key of another type than those on record counts as changed: the types on record were asked for first.
       */
      verdict(names, key) {
        const text = key.toString("base64");
        const lines = names.flatMap((name) => this.linesFor(name));
        const revoked2 = lines.find((line) => line.marker === "revoked" && line.key === text);
        if (revoked2) return { kind: "revoked", line: revoked2 };
        if (lines.some((line) => line.marker === void 0 && line.key === text)) return { kind: "ok" };
        const own = this.linesFor(names[0] ?? "").filter(({ marker }) => marker === void 0);
        const old = own.find(({ type }) => type === keyType(key)) ?? own[0];
        if (old) return { kind: "changed", old };
        const authority = lines.find(({ marker }) => marker === "cert-authority");
        return authority === void 0 ? { kind: "unknown" } : { kind: "unknown", authority };
      }
      /** Takes a newly accepted key in, so that it is known for the rest of the run. */
      learn(name, key) {
        this.#found.delete(name);
        this.#add({
          file: "",
          line: 0,
          marker: void 0,
          names: name,
          type: keyType(key),
          key: key.toString("base64")
        });
      }
      #add(line) {
        const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(line.names);
        if (hashed) {
          this.#hashed.push({ salt: Buffer.from(hashed[1] ?? "", "base64"), hash: hashed[2] ?? "", line });
          return;
        }
        const patterns = line.names.toLowerCase().split(",");
        if (patterns.some((pattern) => /[*?!]/.test(pattern))) {
          this.#wild.push({ patterns, line });
          return;
        }
        for (const name of patterns) {
          const there = this.#exact.get(name);
          if (there) there.push(line);
          else this.#exact.set(name, [line]);
        }
      }
    };
  }
});

// src/guest/sudo.ts
function firstStage(nonce) {
  return `command -v sudo >/dev/null 2>&1 || { echo 'sudo: command not found' >&2; exit 127; }
sudo -n -- sh -c '${announce(nonce)}' || printf '\\n${nonce} ask\\n'
`;
}
function passwordStage(nonce) {
  return `LC_ALL=C exec sudo -S -p ${passwordPrompt(nonce)} -- sh -c '${announce(nonce)}'
`;
}
function passwordPrompt(nonce) {
  return `${nonce}-password:`;
}
function announce(nonce) {
  return `echo; echo ${nonce} ready; exec sh -s`;
}
var BecomeGate, PLAIN_SHELL, SUDO_SHELL;
var init_sudo = __esm({
  "src/guest/sudo.ts"() {
    "use strict";
    init_errors();
    BecomeGate = class {
      #password;
      #state = "unproven";
      #refusedBy = "";
      #waiting = [];
      constructor(password) {
        this.#password = password;
      }
      /** @throws ProvisionError E_SUDO once another guest has refused the password */
      async enter(guest) {
        while (this.#state === "proving")
          await new Promise((resolve) => {
            this.#waiting.push(resolve);
          });
        if (this.#state === "refused")
          throw new ProvisionError("E_SUDO", `the sudo password was refused on ${this.#refusedBy}, so it was not tried here`, {
            hint: "run the command again with the right password (-K)",
            where: { guest }
          });
        if (this.#state === "proven") return this.#permit(guest, false);
        this.#state = "proving";
        return this.#permit(guest, true);
      }
      #permit(guest, proving) {
        const settle = (state) => {
          if (!proving || this.#state !== "proving") return;
          this.#state = state;
          const waiting = this.#waiting;
          this.#waiting = [];
          for (const wake of waiting) wake();
        };
        return {
          password: this.#password,
          proved: () => {
            settle("proven");
          },
          refused: () => {
            this.#refusedBy ||= guest;
            settle("refused");
          },
          undecided: () => {
            settle("unproven");
          }
        };
      }
    };
    PLAIN_SHELL = "sh -s";
    SUDO_SHELL = "sudo -n -- sh -s";
  }
});

// src/shell.ts
function quote(text) {
  if (text.includes("\0")) throw new Error("a shell argument cannot hold a NUL byte");
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
var init_shell = __esm({
  "src/shell.ts"() {
    "use strict";
  }
});

// src/guest/line-splitter.ts
var NEWLINE, LineSplitter;
var init_line_splitter = __esm({
  "src/guest/line-splitter.ts"() {
    "use strict";
    NEWLINE = 10;
    LineSplitter = class {
      #tell;
      #partial = [];
      #told = false;
      constructor(tell) {
        this.#tell = tell;
      }
      push(bytes) {
        let from = 0;
        if (this.#told && bytes.length > 0) {
          this.#told = false;
          if (bytes[0] === NEWLINE) from = 1;
        }
        for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
          this.#partial.push(bytes.subarray(from, at));
          this.#flush();
          from = at + 1;
        }
        if (from < bytes.length) this.#partial.push(bytes.subarray(from));
      }
      /** A newline comes next, as data or as the start of a frame. */
      newlineAhead() {
        if (this.#partial.length === 0) return;
        this.#flush();
        this.#told = true;
      }
      end() {
        if (this.#partial.length > 0) this.#flush();
      }
      #flush() {
        const [first] = this.#partial;
        const line = this.#partial.length === 1 && first ? first : Buffer.concat(this.#partial);
        this.#partial = [];
        this.#tell(line.toString("utf8"));
      }
    };
  }
});

// src/guest/frames.ts
function wrapScript(script, nonce) {
  return `set -u
umask 022
cd /
unset CDPATH ENV BASH_ENV LANGUAGE GREP_OPTIONS POSIXLY_CORRECT
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\${PATH:+:$PATH}
export LC_ALL PATH
section() { printf '\\n${nonce} section %s\\n' "$1"; }
trap 'printf "\\n${nonce} end %s\\n" "$?"' EXIT
printf '\\n${nonce} begin\\n'
eval ${quote(script)} </dev/null
exit
`;
}
var PREAMBLE_LIMIT, HEADER_LIMIT, NEWLINE2, FrameReader;
var init_frames = __esm({
  "src/guest/frames.ts"() {
    "use strict";
    init_shell();
    init_line_splitter();
    PREAMBLE_LIMIT = 64 * 1024;
    HEADER_LIMIT = 512;
    NEWLINE2 = 10;
    FrameReader = class {
      sections = /* @__PURE__ */ new Map();
      /** The shell announced itself (sudo's way of starting it). */
      ready = false;
      /** The first stage could not get through sudo without a password. */
      asking = false;
      begun = false;
      exitCode;
      #marker;
      #onLine;
      #preamble = [];
      #preambleSize = 0;
      #pending = Buffer.alloc(0);
      #name = "";
      #chunks = [];
      #lines;
      constructor(nonce, onLine) {
        this.#marker = Buffer.from(`
${nonce} `);
        this.#onLine = onLine;
      }
      /** What the login shell printed before the script began. */
      get preamble() {
        return Buffer.concat(this.#preamble).toString("utf8").trim();
      }
      push(chunk) {
        if (this.exitCode !== void 0) return;
        let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
        for (; ; ) {
          const at = rest.indexOf(this.#marker);
          if (at < 0) break;
          const from = at + this.#marker.length;
          const end = rest.indexOf(NEWLINE2, from);
          if (end < 0 && rest.length - from < HEADER_LIMIT) {
            this.#data(rest.subarray(0, at));
            this.#pending = rest.subarray(at);
            return;
          }
          this.#data(rest.subarray(0, at));
          this.#frame(rest.toString("utf8", from, end < 0 ? rest.length : end));
          rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
          if (this.exitCode !== void 0) return;
        }
        const held = this.#heldFrom(rest);
        this.#data(rest.subarray(0, held));
        this.#pending = rest.subarray(held);
        if (held < rest.length) this.#lines?.newlineAhead();
      }
      /** Where a marker may begin whose rest is still to come. */
      #heldFrom(bytes) {
        for (let at = Math.max(0, bytes.length - this.#marker.length + 1); at < bytes.length; at++)
          if (bytes[at] === NEWLINE2 && this.#marker.subarray(0, bytes.length - at).equals(bytes.subarray(at))) return at;
        return bytes.length;
      }
      #data(bytes) {
        if (bytes.length === 0) return;
        if (this.begun) {
          this.#chunks.push(bytes);
          this.#lines?.push(bytes);
        } else if (this.#preambleSize < PREAMBLE_LIMIT) {
          this.#preamble.push(bytes);
          this.#preambleSize += bytes.length;
        }
      }
      #frame(header) {
        const space = header.indexOf(" ");
        const verb = space < 0 ? header : header.slice(0, space);
        const subject = space < 0 ? "" : header.slice(space + 1);
        if (verb === "ready") this.ready = true;
        else if (verb === "ask") this.asking = true;
        else if (verb === "begin") {
          this.begun = true;
          this.#open("");
        } else if (verb === "section" && this.begun) {
          this.#close();
          this.#open(subject);
        } else if (verb === "end" && this.begun) {
          this.#close();
          this.exitCode = Number.parseInt(subject, 10);
        }
      }
      #open(name) {
        this.#name = name;
        this.#chunks = [];
        this.#lines = this.#onLine && new LineSplitter((line) => this.#onLine?.(name, line));
      }
      #close() {
        this.#lines?.end();
        const before = this.sections.get(this.#name);
        if (this.#name === "" && this.#chunks.length === 0 && before === void 0) return;
        this.sections.set(this.#name, Buffer.concat(before === void 0 ? this.#chunks : [before, ...this.#chunks]));
      }
    };
  }
});

// src/guest/script-failure.ts
function scriptFailure(guest, seen) {
  const where = { guest: guest.name };
  const tail = lastLines(seen.stderrTail);
  const cause = tail === "" ? void 0 : new Error(tail);
  if (seen.begun) {
    if (seen.code === null || seen.code > 128 || seen.signal !== void 0)
      return new ProvisionError("E_CONNECTION_LOST", `${lossOf(seen)} before the script ended`, {
        hint: "run the command again, it converges",
        where,
        cause
      });
    return new ProvisionError("E_GUEST_SHELL", `the script ended without its end frame (exit ${seen.code})`, {
      hint: "this is a defect in the script: it replaced the shell or its EXIT trap",
      where,
      cause
    });
  }
  const said = `${seen.stderrTail}
${seen.preamble}`;
  const sign = SIGNS.find(({ code, pattern }) => (seen.become || code !== "E_SUDO") && pattern.test(said));
  const words = lastLines(said, 1);
  if (sign !== void 0)
    return new ProvisionError(sign.code, words === "" ? sign.message : `${sign.message} (${words})`, {
      hint: sign.hint,
      where,
      cause
    });
  if (seen.code === null)
    return new ProvisionError("E_CONNECTION_LOST", `${lossOf(seen)} before the script began`, { where, cause });
  return new ProvisionError(
    "E_GUEST_SHELL",
    `the login shell ended without running sh (exit ${seen.code})${words === "" ? "" : `: ${words}`}`,
    { hint: "a forced command, or a login script that exits, keeps sh from starting", where, cause }
  );
}
function lossOf({ signal }) {
  return signal === void 0 ? "the connection was lost" : `the shell was killed (${signal})`;
}
function lastLines(text, count = 5) {
  return text.split("\n").filter((line) => line.trim() !== "").slice(-count).join("\n").trim();
}
var SIGNS;
var init_script_failure = __esm({
  "src/guest/script-failure.ts"() {
    "use strict";
    init_errors();
    SIGNS = [
      {
        code: "E_SUDO",
        pattern: /^sudo: .*(a password is required|a terminal is required|no password was provided)|^sudo: no tty present/m,
        message: "sudo wants a password",
        hint: "give it with -K, or allow the user to run sudo without one (NOPASSWD)"
      },
      {
        code: "E_SUDO",
        pattern: /is not in the sudoers file|is not allowed to (execute|run sudo)|may not run sudo/m,
        message: "the user may not run sh through sudo",
        hint: "add the user to the sudoers of the guest, or connect as root (-u root)"
      },
      {
        code: "E_SUDO",
        pattern: /you must have a tty to run sudo/m,
        message: "sudo wants a terminal (requiretty)",
        hint: "take `Defaults requiretty` out of the sudoers of the guest"
      },
      {
        code: "E_SUDO",
        pattern: /sudo: (command )?not found|sudo: unknown command|unknown command:? .*sudo|sudo: No such file/im,
        message: "sudo is not installed",
        hint: "install sudo on the guest, or connect as root (-u root)"
      },
      {
        code: "E_SUDO",
        pattern: /^sudo: /m,
        message: "sudo refused",
        hint: "try `sudo -n sh -c true` on the guest"
      },
      {
        code: "E_GUEST_SHELL",
        pattern: /account is currently not available|nologin/i,
        message: "the account has no login shell",
        hint: "give the user a shell, or connect as another one (-u)"
      },
      {
        code: "E_GUEST_SHELL",
        pattern: /allows sftp connections only|internal-sftp/i,
        message: "the account allows SFTP only",
        hint: "sshd_config forces internal-sftp for this user; connect as another one (-u)"
      },
      {
        code: "E_GUEST_SHELL",
        pattern: /command not found|: not found|unknown command|no such file or directory|restricted/i,
        message: "the login shell cannot start sh",
        hint: "sh must be in the PATH of the login shell"
      }
    ];
  }
});

// src/guest/script-run.ts
import { randomBytes as randomBytes2 } from "node:crypto";
var STDERR_TAIL, SUDO_PATIENCE_MS, ScriptRun;
var init_script_run = __esm({
  "src/guest/script-run.ts"() {
    "use strict";
    init_errors();
    init_frames();
    init_script_failure();
    init_sudo();
    STDERR_TAIL = 8 * 1024;
    SUDO_PATIENCE_MS = 6e4;
    ScriptRun = class {
      commandLine;
      result;
      #guest;
      #script;
      #nonce = randomBytes2(16).toString("hex");
      #frames;
      #gate;
      #settle;
      #carrier;
      #permit;
      #asked = false;
      #sent = false;
      #prompts = 0;
      #stderr = Buffer.alloc(0);
      #failure;
      #timers = [];
      #over = false;
      #signal;
      #abort = () => {
        this.fail(new ProvisionError("E_INTERRUPTED", "interrupted", { where: this.#where }));
      };
      constructor(guest, become, gate, script, options) {
        this.#guest = guest;
        this.#script = script;
        this.#gate = become ? gate : void 0;
        this.#frames = new FrameReader(this.#nonce, options.onLine);
        this.commandLine = become && gate === void 0 ? SUDO_SHELL : PLAIN_SHELL;
        this.result = new Promise((resolve, reject) => {
          this.#settle = { resolve, reject };
        });
        const { timeoutMs, signal } = options;
        if (timeoutMs !== void 0)
          this.#later(timeoutMs, () => new ProvisionError("E_TIMEOUT", `no end after ${timeoutMs / 1e3} s`, {
            hint: "--timeout sets how long a guest may take",
            where: this.#where
          }));
        this.#signal = signal;
        if (signal?.aborted) this.#abort();
        else signal?.addEventListener("abort", this.#abort, { once: true });
      }
      get #where() {
        return { guest: this.#guest.name };
      }
      /** The shell is being started on this carrier. */
      attach(carrier) {
        this.#carrier = carrier;
        if (this.#failure) carrier.stop();
        else if (this.#gate === void 0) this.#send();
        else {
          carrier.write(firstStage(this.#nonce));
          this.#expectSudo();
        }
      }
      stdout(chunk) {
        this.#frames.push(chunk);
        if (this.#sent || this.#gate === void 0) return;
        if (this.#frames.ready) {
          this.#permit?.proved();
          this.#send();
        } else if (this.#frames.asking && !this.#asked) {
          this.#asked = true;
          void this.#askGate(this.#gate);
        }
      }
      stderr(chunk) {
        const all = this.#stderr.length === 0 ? chunk : Buffer.concat([this.#stderr, chunk]);
        this.#stderr = all.length > STDERR_TAIL ? all.subarray(all.length - STDERR_TAIL) : all;
        if (this.#permit === void 0 || this.#sent) return;
        const prompt = passwordPrompt(this.#nonce);
        const at = this.#stderr.indexOf(prompt);
        if (at < 0) return;
        this.#stderr = this.#stderr.subarray(at + prompt.length);
        this.#prompts += 1;
        if (this.#prompts === 1) this.#carrier?.write(`${this.#permit.password.reveal()}
`);
        else this.#refuse(this.#permit);
      }
      closed(ending) {
        if (this.#over) return;
        this.#finish();
        if (this.#failure) {
          this.#settle.reject(this.#failure);
          return;
        }
        const { exitCode, sections, preamble } = this.#frames;
        const stderrTail = this.#stderr.toString("utf8");
        if (exitCode === void 0) {
          const { begun } = this.#frames;
          this.#settle.reject(
            // The first stage says that it asks when its sudo is gone: what ran in there did not end well.
            scriptFailure(this.#guest, { ...ending, ...this.#sent && this.#frames.asking && !this.#asked ? { code: null } : {}, begun, become: this.#guest.become, stderrTail, preamble })
          );
        } else this.#settle.resolve({ exitCode, sections, stderrTail, ...preamble === "" ? {} : { preamble } });
      }
      /** Every frame is in; what is left is the carrier's own end. */
      get complete() {
        return this.#frames.exitCode !== void 0;
      }
      /** Ends the run with this error; the shell is stopped, and the answer does not wait for it. */
      fail(error) {
        if (this.#over) return;
        this.#failure = error;
        this.#finish();
        this.#settle.reject(error);
        this.#carrier?.stop();
      }
      #send() {
        this.#sent = true;
        const text = wrapScript(this.#script, this.#nonce);
        if (this.#gate) this.#carrier?.end(text);
        else this.#carrier?.write(text);
      }
      async #askGate(gate) {
        try {
          const permit = await gate.enter(this.#guest.name);
          if (this.#over) permit.undecided();
          else {
            this.#stderr = Buffer.alloc(0);
            this.#permit = permit;
            this.#carrier?.write(passwordStage(this.#nonce));
            this.#expectSudo();
          }
        } catch (error) {
          if (!(error instanceof ProvisionError)) throw error;
          this.fail(error);
        }
      }
      #refuse(permit) {
        permit.refused();
        this.fail(
          new ProvisionError("E_SUDO", "sudo did not take the password", {
            hint: "the password was tried once and on no further guest; run the command again with the right one (-K)",
            where: this.#where
          })
        );
      }
      #expectSudo() {
        this.#later(SUDO_PATIENCE_MS, () => {
          if (this.#sent || this.#asked && this.#permit === void 0) return void 0;
          const said = this.#stderr.toString("utf8").trim().split("\n").at(-1) ?? "";
          return new ProvisionError("E_SUDO", `sudo waits for something that it is not given: ${said}`, {
            hint: "only a password can be answered; a second factor cannot",
            where: this.#where
          });
        });
      }
      #later(ms, error) {
        this.#timers.push(
          setTimeout(() => {
            const failure = error();
            if (failure) this.fail(failure);
          }, ms)
        );
      }
      #finish() {
        this.#over = true;
        this.#permit?.undecided();
        for (const timer of this.#timers) clearTimeout(timer);
        this.#signal?.removeEventListener("abort", this.#abort);
      }
    };
  }
});

// src/guest/shell-end.ts
var DRAIN_MS, LINGER_MS, ShellEnd;
var init_shell_end = __esm({
  "src/guest/shell-end.ts"() {
    "use strict";
    DRAIN_MS = 5e3;
    LINGER_MS = 250;
    ShellEnd = class {
      #run;
      #letGo;
      #ending;
      #timer;
      constructor(run, letGo) {
        this.#run = run;
        this.#letGo = letGo;
      }
      /** Something was printed. */
      heard() {
        if (this.#ending) this.exited(this.#ending);
      }
      exited(ending) {
        this.#ending = ending;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
          () => {
            this.#letGo();
            this.#run.closed(ending);
          },
          this.#run.complete ? LINGER_MS : DRAIN_MS
        );
      }
      closed() {
        clearTimeout(this.#timer);
        this.#run.closed(this.#ending ?? { code: null });
      }
    };
  }
});

// src/guest/local.ts
var local_exports = {};
__export(local_exports, {
  openLocalSession: () => openLocalSession
});
async function openLocalSession(guest, access) {
  const { $ } = await import("zx");
  const counters = { connections: 0, channels: 0, bytesSent: 0, bytesReceived: 0 };
  const become = guest.become && process.getuid?.() !== 0;
  const start = (run) => {
    const quiet = { stdio: "pipe", quiet: true, nothrow: true, prefix: "", shell: "/bin/sh", quote: (word) => word };
    const shell = $(quiet)`${run.commandLine}`;
    counters.channels += 1;
    const end = new ShellEnd(run, () => {
      shell.stdout.destroy();
      shell.stderr.destroy();
    });
    shell.stdout.on("data", (chunk) => {
      counters.bytesReceived += chunk.length;
      run.stdout(chunk);
      end.heard();
    });
    shell.stderr.on("data", (chunk) => {
      run.stderr(chunk);
    });
    shell.stdin.on("error", () => void 0);
    shell.child?.on("exit", (code, signal) => {
      end.exited({ code, signal: signal ?? void 0 });
    });
    void shell.then(() => {
      end.closed();
    });
    const write = (text) => {
      counters.bytesSent += Buffer.byteLength(text);
      shell.stdin.write(text);
    };
    run.attach({
      write,
      end: (text) => {
        write(text);
        shell.stdin.end();
      },
      stop: () => {
        void shell.kill("SIGTERM");
      }
    });
  };
  return {
    guest,
    counters,
    runScript: async (script, options = {}) => {
      const run = new ScriptRun(guest, become, access.become, script, options);
      start(run);
      return run.result;
    },
    close: () => Promise.resolve()
  };
}
var init_local = __esm({
  "src/guest/local.ts"() {
    "use strict";
    init_script_run();
    init_shell_end();
  }
});

// src/guest/handshake.ts
import { setTimeout as pause } from "node:timers/promises";
async function handshake(limit, attempt2) {
  for (let retries = 0; ; retries++) {
    try {
      return await limit(attempt2);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      if (retries === MAX_RETRIES) throw error.reason;
      await pause(FIRST_PAUSE_MS * 2 ** retries * (0.5 + Math.random()));
    }
  }
}
var MAX_RETRIES, FIRST_PAUSE_MS, Busy;
var init_handshake = __esm({
  "src/guest/handshake.ts"() {
    "use strict";
    MAX_RETRIES = 5;
    FIRST_PAUSE_MS = 150;
    Busy = class extends Error {
      reason;
      constructor(reason) {
        super(reason.message);
        this.reason = reason;
      }
    };
  }
});

// src/guest/connection-error.ts
function silence(target, phase) {
  return located(target, [
    "E_TIMEOUT",
    `${addressOf(target)} ${SILENCE[phase]} (waited ${target.connectTimeoutMs / 1e3} s)`,
    phase === "dial" ? "is the guest up, and does a firewall drop packets?" : "the guest may hang or be overloaded; ConnectTimeout in ssh_config allows more time"
  ]);
}
function connectionError(target, phase, error) {
  const at = addressOf(target);
  const cause = error.errors?.[0] ?? error;
  const code = String(error.code ?? cause.code ?? "");
  const byErrno = phase === "dial" ? DIAL[code]?.(at, target.host) : void 0;
  if (byErrno) return located(target, byErrno, error);
  if (/no matching (key exchange|host key|C->S|S->C|client|server)/i.test(error.message))
    return located(
      target,
      [
        "E_SSH_UNSUPPORTED",
        `${at} and provision have no algorithm in common: ${error.message.replace(/^Handshake failed: /, "")}`,
        "the SSH server is too old, or allows only algorithms that are not supported"
      ],
      error
    );
  if (isRetryable(phase, error))
    return located(
      target,
      [
        "E_UNREACHABLE",
        `${at} closes connections before the login`,
        "sshd may be at its MaxStartups, or a firewall or TCP wrapper closes them: lower --forks, or look at its log"
      ],
      error
    );
  return located(target, ["E_UNREACHABLE", `${at}: ${error.message}`], error);
}
function isRetryable(phase, error) {
  if (phase === "login") return false;
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return true;
  if (phase === "dial") return false;
  return /lost before handshake|identification|greeting|closed|banner|version/i.test(error.message);
}
function addressOf({ host, port }) {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
function located({ guest }, [code, message, hint], cause) {
  return new ProvisionError(code, message, { hint, where: { guest }, cause });
}
var DIAL, SILENCE;
var init_connection_error = __esm({
  "src/guest/connection-error.ts"() {
    "use strict";
    init_errors();
    DIAL = {
      ECONNREFUSED: (at) => ["E_UNREACHABLE", `${at} refuses connections`, "is sshd running there, on that port?"],
      EHOSTUNREACH: (at) => ["E_UNREACHABLE", `no route to ${at}`, "is the guest up, and in a network of this machine?"],
      ENETUNREACH: (at) => ["E_UNREACHABLE", `no route to ${at}`, "this machine has no network that leads there"],
      ENOTFOUND: (_at, host) => ["E_UNREACHABLE", `the name ${host} is not known`, "check the spelling, or give an address"],
      EAI_AGAIN: (_at, host) => ["E_UNREACHABLE", `the name ${host} cannot be looked up now`, "does name resolution work here?"],
      ETIMEDOUT: (at) => ["E_TIMEOUT", `${at} does not answer`, "is the guest up, and does a firewall drop packets?"],
      EMFILE: () => ["E_UNREACHABLE", "too many open files on this machine", "raise `ulimit -n`, or lower --forks"]
    };
    SILENCE = {
      dial: "does not answer",
      banner: "accepts connections but sends no SSH banner",
      exchange: "stopped answering in the key exchange",
      login: "stopped answering in the login"
    };
  }
});

// src/guest/dial.ts
import { connect } from "node:net";
function dial({ host, port, addressFamily }) {
  return connect({
    host,
    port,
    noDelay: true,
    ...addressFamily === void 0 ? {} : { family: addressFamily },
    // Node gives each address of a name 250 ms, which a far guest does not meet.
    autoSelectFamilyAttemptTimeout: 2500
  });
}
var init_dial = __esm({
  "src/guest/dial.ts"() {
    "use strict";
  }
});

// src/guest/ssh-auth.ts
function passwordSteps(username, secret) {
  if (secret === void 0) return [];
  let answered = false;
  return [
    {
      takes: "password",
      name: "password",
      method: { type: "password", username, password: secret.reveal() }
    },
    {
      takes: "keyboard-interactive",
      name: "keyboard-interactive",
      method: {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          const ours = prompts.length === 1 && prompts[0]?.echo !== true && !answered;
          answered = true;
          finish(ours ? [secret.reveal()] : prompts.map(() => ""));
        }
      }
    }
  ];
}
var Login, LockedOut;
var init_ssh_auth = __esm({
  "src/guest/ssh-auth.ts"() {
    "use strict";
    init_errors();
    Login = class {
      /** Set when the server would take a key whose passphrase is not known yet. */
      locked;
      #target;
      #identities;
      #steps;
      #at = 0;
      #tried = [];
      #takes;
      constructor(target, identities, password) {
        this.#target = target;
        this.#identities = identities;
        this.#steps = [...this.#keySteps(), ...passwordSteps(target.user, password)];
        if (this.#steps.length === 0)
          this.#steps.push({ takes: "none", name: "none", method: { type: "none", username: target.user } });
      }
      /** What to try next, by what the server said that it takes; `false` when there is nothing left. */
      next(left) {
        if (left !== null) this.#takes = left;
        if (this.locked !== void 0) return false;
        for (let step = this.#steps[this.#at++]; step !== void 0; step = this.#steps[this.#at++]) {
          if (this.#takes !== void 0 && step.takes !== "none" && !this.#takes.includes(step.takes)) continue;
          this.#tried.push(step.name);
          return step.method;
        }
        return false;
      }
      /** The error for a server that took nothing of it. */
      failure(reason) {
        const { user, host, guest } = this.#target;
        const { usable, unusable } = this.#identities;
        const tried = this.#tried.filter((name) => name !== "none");
        const takes = this.#takes === void 0 ? "" : `; the server takes ${this.#takes.join(", ")}`;
        const left = unusable.map(({ name, reason: why }) => `${name} ${why}`);
        const details = [...tried.length > 0 ? [`tried ${tried.join(", ")}`] : ["there was nothing to try"], ...left];
        const fido = unusable.find(({ reason: why }) => why.includes("not supported"));
        const certificates = this.#target.certificateFiles.length > 0;
        if (usable.length === 0 && (fido !== void 0 || certificates) && tried.length === 0)
          return new ProvisionError(
            "E_SSH_UNSUPPORTED",
            fido ? `${fido.name} ${fido.reason}` : `certificates are not supported (${this.#target.certificateFiles.join(", ")})`,
            { hint: "use a plain key file, or an agent that holds one", where: { guest } }
          );
        return new ProvisionError("E_AUTH", `${user}@${host} was not let in: ${details.join("; ")}${takes}`, {
          hint: reason ?? this.#hint(),
          where: { guest }
        });
      }
      #hint() {
        if (this.#takes !== void 0 && !this.#takes.includes("publickey")) return "the server takes no keys: give a password";
        return "check the user (-u) and the key (--private-key), or add the key to ~/.ssh/authorized_keys on the guest";
      }
      #keySteps() {
        const username = this.#target.user;
        return this.#identities.usable.map((identity) => {
          const { name } = identity;
          if (identity.kind === "agent")
            return { takes: "publickey", name, method: { type: "agent", username, agent: identity.held.agent } };
          const key = identity.kind === "file" ? identity.key : this.#lockedKey(identity.locked);
          return { takes: "publickey", name, method: { type: "publickey", username, key } };
        });
      }
      /** Stands for a key that is shut: its public part asks the server, and only a yes is worth asking a person. */
      #lockedKey(locked) {
        const { publicKey } = locked;
        if (publicKey === void 0) throw new LockedOut(locked);
        return Object.create(publicKey, {
          isPrivateKey: { value: () => true },
          sign: {
            value: () => {
              this.locked = locked;
              return new Error("the key is locked");
            }
          }
        });
      }
    };
    LockedOut = class extends Error {
      locked;
      constructor(locked) {
        super(`${locked.file} is locked`);
        this.locked = locked;
      }
    };
  }
});

// src/guest/ssh-connect.ts
import ssh2 from "ssh2";
async function attempt(target, access, traffic) {
  const identities = await access.keyring.identities(target);
  let login;
  try {
    login = new Login(target, identities, access.password);
  } catch (error) {
    if (error instanceof LockedOut) return { kind: "passphrase", locked: error.locked };
    throw error;
  }
  const { hostKeys } = access;
  const socket = dial(target);
  const client = new ssh2.Client();
  let phase = "dial";
  let shown;
  return new Promise((resolve, reject) => {
    const giveUp = (error) => {
      clearTimeout(timer);
      client.removeAllListeners().on("error", () => void 0);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      giveUp(silence(target, phase));
    }, target.connectTimeoutMs);
    const ask = (question) => {
      clearTimeout(timer);
      client.removeAllListeners().on("error", () => void 0);
      socket.destroy();
      resolve(question);
    };
    client.on("connect", () => {
      traffic.connections += 1;
      phase = "banner";
    });
    client.on("error", (error) => {
      if (shown?.decision.kind === "refused") giveUp(shown.decision.error);
      else if (shown?.decision.kind === "ask") ask({ kind: "host-key", decision: shown.decision });
      else if (login.locked) ask({ kind: "passphrase", locked: login.locked });
      else if (error.level === "agent") return;
      else if (error.level === "client-authentication" || isTooMany(error))
        giveUp(login.failure(isTooMany(error) ? TOO_MANY : void 0));
      else {
        const failure = connectionError(target, phase, error);
        giveUp(isRetryable(phase, error) ? new Busy(failure) : failure);
      }
    });
    client.on("close", () => {
      const lost = new Error("the connection was closed");
      if (phase === "login") giveUp(login.failure("the server closed the connection during the login: see its log"));
      else giveUp(new Busy(connectionError(target, phase, lost)));
    });
    client.on("ready", () => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on("error", () => void 0);
      if (shown?.decision.kind === "new") hostKeys.remember(target, shown.key);
      resolve({ client, socket });
    });
    client.connect({
      sock: socket,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      ...algorithmsFor(hostKeys.types(target)),
      hostVerifier: (key) => {
        phase = "login";
        shown = { key, decision: hostKeys.decide(target, key) };
        return shown.decision.kind === "known" || shown.decision.kind === "new";
      },
      authHandler: (left, _partial, done) => {
        done(login.next(left));
      }
    });
  });
}
function isTooMany({ message }) {
  return /too many authentication failures/i.test(message);
}
function algorithmsFor(types) {
  const name = types.join(" ");
  let offer = offers.get(name);
  if (offer === void 0) {
    const isKnown = (algorithm) => types.includes(algorithm) || algorithm.startsWith("rsa-") && types.includes("ssh-rsa");
    const known = HOST_KEY_ALGORITHMS.filter(isKnown);
    const rest = HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm));
    offer = known.length === 0 || types[0] === "ssh-ed25519" ? {} : { algorithms: { serverHostKey: [...known, ...rest] } };
    offers.set(name, offer);
  }
  return offer;
}
var KEEPALIVE_MS, TOO_MANY, HOST_KEY_ALGORITHMS, offers;
var init_ssh_connect = __esm({
  "src/guest/ssh-connect.ts"() {
    "use strict";
    init_connection_error();
    init_dial();
    init_handshake();
    init_ssh_auth();
    KEEPALIVE_MS = 15e3;
    TOO_MANY = "name the key (--private-key, or IdentityFile with IdentitiesOnly yes in ssh_config)";
    HOST_KEY_ALGORITHMS = [
      "ssh-ed25519",
      "ecdsa-sha2-nistp256",
      "ecdsa-sha2-nistp384",
      "ecdsa-sha2-nistp521",
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-rsa"
    ];
    offers = /* @__PURE__ */ new Map();
  }
});

// src/guest/ssh-options.ts
function sshOptions(lines, question) {
  const reading = new Reading(question);
  reading.walk(lines, true, false);
  if (reading.wantsFinal) reading.again(lines);
  const one = (keyword) => reading.first(keyword)?.[0];
  const strict = one("stricthostkeychecking")?.toLowerCase();
  const hostName = reading.hostName;
  return {
    hostName,
    user: question.user ?? one("user"),
    port: question.port ?? portOf(one("port")),
    identityFiles: reading.every("identityfile"),
    identitiesOnly: isYes(one("identitiesonly")),
    identityAgent: one("identityagent"),
    certificateFiles: reading.every("certificatefile"),
    hostKeyAlias: one("hostkeyalias"),
    userKnownHostsFiles: reading.first("userknownhostsfile"),
    globalKnownHostsFiles: reading.first("globalknownhostsfile"),
    strictHostKeyChecking: STRICTNESS[strict ?? "ask"] ?? "ask",
    hashKnownHosts: isYes(one("hashknownhosts")),
    connectTimeoutMs: secondsOf(one("connecttimeout")),
    addressFamily: FAMILIES[one("addressfamily")?.toLowerCase() ?? ""],
    proxy: reading.proxy
  };
}
function isYes(value) {
  return value !== void 0 && ["yes", "true"].includes(value.toLowerCase());
}
function portOf(value) {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : void 0;
}
function secondsOf(value) {
  if (value === void 0 || !/^(\d+[smhdw]?)+$/i.test(value)) return void 0;
  let seconds = 0;
  for (const [, count, unit] of value.matchAll(/(\d+)([smhdw]?)/gi))
    seconds += Number(count) * (UNITS[(unit ?? "").toLowerCase()] ?? 1);
  return seconds > 0 ? seconds * 1e3 : void 0;
}
var SEVERAL, STRICTNESS, FAMILIES, Reading, UNITS;
var init_ssh_options = __esm({
  "src/guest/ssh-options.ts"() {
    "use strict";
    init_errors();
    init_pattern();
    SEVERAL = /* @__PURE__ */ new Set(["identityfile", "certificatefile"]);
    STRICTNESS = {
      yes: "yes",
      true: "yes",
      ask: "ask",
      "accept-new": "accept-new",
      no: "accept-new",
      false: "accept-new",
      off: "accept-new"
    };
    FAMILIES = { inet: 4, inet6: 6 };
    Reading = class {
      wantsFinal = false;
      #final = false;
      #question;
      #values = /* @__PURE__ */ new Map();
      #several = /* @__PURE__ */ new Map();
      #proxy;
      constructor(question) {
        this.#question = question;
      }
      first(keyword) {
        return this.#values.get(keyword);
      }
      every(keyword) {
        return this.#several.get(keyword) ?? [];
      }
      get proxy() {
        return this.#proxy === "none" ? void 0 : this.#proxy;
      }
      /** The name to connect to, as far as it is known. */
      get hostName() {
        const { host } = this.#question;
        return this.first("hostname")?.[0]?.replaceAll(/%[h%]/g, (token) => token === "%%" ? "%" : host) ?? host;
      }
      again(lines) {
        this.#final = true;
        this.walk(lines, true, false);
      }
      walk(lines, active, never) {
        for (const line of lines) {
          if (line.kind === "include") for (const file of line.files) this.walk(file, active, never || !active);
          else if (line.kind === "option") {
            if (active) this.#set(line);
          } else if (never) active = false;
          else active = line.kind === "host" ? this.#matchesHost(line.args) : this.#matches(line);
        }
      }
      #matchesHost(patterns) {
        return matchesList(this.#question.host, patterns);
      }
      #set({ keyword, args, raw }) {
        if (keyword === "proxyjump" || keyword === "proxycommand") {
          const option = keyword === "proxyjump" ? "ProxyJump" : "ProxyCommand";
          this.#proxy ??= raw.toLowerCase() === "none" ? "none" : { option, value: raw };
          return;
        }
        if (args[0] === void 0) return;
        if (SEVERAL.has(keyword)) {
          const list = this.#several.get(keyword) ?? [];
          if (!list.includes(args[0])) this.#several.set(keyword, [...list, args[0]]);
        } else if (!this.#values.has(keyword)) this.#values.set(keyword, args);
      }
      #matches(line) {
        const words = line.args.flatMap((word) => word.split(/=(.*)/s, 2));
        let matched = true;
        for (let at = 0; at < words.length; at++) {
          const word = words[at] ?? "";
          const negated = word.startsWith("!");
          const criterion = word.slice(negated ? 1 : 0).toLowerCase();
          if (criterion === "final") this.wantsFinal = true;
          const fixed = { all: true, final: this.#final, canonical: this.#final }[criterion];
          if (fixed !== void 0) {
            if (fixed === negated) matched = false;
            continue;
          }
          const value = words[++at] ?? "";
          if (matched && this.#judge(criterion, value, line) === negated) matched = false;
        }
        return matched;
      }
      #judge(criterion, value, { file, line }) {
        const { host, user, localUser } = this.#question;
        const list = value.split(",");
        const lower = list.map((pattern) => pattern.toLowerCase());
        if (criterion === "host") return matchesList(this.hostName.toLowerCase(), lower);
        if (criterion === "originalhost") return matchesList(host.toLowerCase(), lower);
        if (criterion === "user") return matchesList(user ?? this.first("user")?.[0] ?? localUser, list);
        if (criterion === "localuser") return matchesList(localUser, list);
        throw new ProvisionError("E_SSH_UNSUPPORTED", `\`Match ${criterion}\` of ssh_config is not supported`, {
          hint: "say the same with Host, or with Match host, originalhost, user or localuser",
          where: { file, line }
        });
      }
    };
    UNITS = { "": 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
  }
});

// src/guest/target.ts
import { hostname } from "node:os";
import { isAbsolute as isAbsolute2, join as join3 } from "node:path";
function targetOf(guest, config, around) {
  const { localUser } = around;
  const options = sshOptions(config, { host: guest.host, user: guest.user, port: guest.port, localUser });
  refuseProxies(guest, options);
  const port = options.port ?? 22;
  const user = options.user ?? localUser;
  const expand = expander(guest, options, { port, user }, around);
  const explicit = guest.identityFiles ?? options.identityFiles;
  const userFiles = (options.userKnownHostsFiles ?? ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]).map(expand);
  const globalFiles = (options.globalKnownHostsFiles ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]).map(expand);
  return {
    guest: guest.name,
    host: options.hostName,
    port,
    user,
    addressFamily: options.addressFamily,
    connectTimeoutMs: options.connectTimeoutMs ?? around.connectTimeoutMs,
    identityFiles: (explicit.length > 0 ? explicit : DEFAULT_KEYS.map((name) => `~/.ssh/${name}`)).filter((path) => path.toLowerCase() !== "none").map(expand),
    identitiesExplicit: explicit.length > 0,
    identitiesOnly: options.identitiesOnly,
    agent: agentOf(options, around, expand),
    certificateFiles: options.certificateFiles.map(expand),
    keyNames: options.hostKeyAlias !== void 0 ? [options.hostKeyAlias.toLowerCase()] : [.../* @__PURE__ */ new Set([knownHostName(options.hostName, port), knownHostName(options.hostName, 22)])],
    knownHostsFiles: [...userFiles, ...globalFiles].filter(isKept),
    newKeysFile: userFiles.find(isKept),
    hashKnownHosts: options.hashKnownHosts,
    strict: options.strictHostKeyChecking
  };
}
function isKept(path) {
  return path !== "/dev/null" && path.toLowerCase() !== "none" && isAbsolute2(path);
}
function refuseProxies(guest, { proxy }) {
  if (guest.jump === void 0 && proxy === void 0) return;
  const option = guest.jump === void 0 ? proxy?.option ?? "" : "ProxyJump";
  const value = guest.jump ?? proxy?.value ?? "";
  throw new ProvisionError("E_SSH_UNSUPPORTED", `${option} is not supported yet (${value})`, {
    hint: "run provision on a machine that reaches the guest directly",
    where: { guest: guest.name }
  });
}
function agentOf({ identityAgent }, { env: env2 }, expand) {
  if (identityAgent === void 0 || identityAgent === "SSH_AUTH_SOCK") return env2["SSH_AUTH_SOCK"];
  if (identityAgent.toLowerCase() === "none") return void 0;
  if (/^\$[A-Za-z_]\w*$/.test(identityAgent)) return env2[identityAgent.slice(1)];
  return expand(identityAgent);
}
function expander(guest, options, { port, user }, { home, localUser, env: env2 }) {
  const tokens = {
    "%": "%",
    d: home,
    h: options.hostName,
    i: String(process.getuid?.() ?? ""),
    k: options.hostKeyAlias ?? guest.host,
    L: hostname().split(".")[0] ?? "",
    l: hostname(),
    n: guest.host,
    p: String(port),
    r: user,
    u: localUser
  };
  return (path) => {
    if (path.toLowerCase() === "none") return path;
    const filled = expandHome(path, home).replaceAll(/%(.)/g, (token, letter) => tokens[letter] ?? token).replaceAll(/\$\{(\w+)\}/g, (token, name) => env2[name] ?? token);
    return isAbsolute2(filled) ? filled : join3(process.cwd(), filled);
  };
}
var DEFAULT_KEYS;
var init_target = __esm({
  "src/guest/target.ts"() {
    "use strict";
    init_errors();
    init_files();
    init_known_hosts();
    init_ssh_options();
    DEFAULT_KEYS = ["id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_dsa"];
  }
});

// src/guest/ssh-session.ts
var ssh_session_exports = {};
__export(ssh_session_exports, {
  openSshSession: () => openSshSession
});
function openSshSession(guest, access) {
  return access.hostKeys.opening(async () => {
    const target = targetOf(guest, access.config, access.around);
    const traffic = { connections: 0 };
    for (; ; ) {
      const answer = await handshake(access.handshakes, () => attempt(target, access, traffic));
      if (!("kind" in answer)) return new SshSession(guest, access, answer, traffic, target.user);
      if (answer.kind === "host-key") await access.hostKeys.settle(target, answer.decision);
      else await access.keyring.unlock(answer.locked);
    }
  });
}
function listen(channel, run) {
  const end = new ShellEnd(run, () => {
    channel.close();
  });
  channel.on("data", (chunk) => {
    run.stdout(chunk);
    end.heard();
  });
  channel.stderr.on("data", (chunk) => {
    run.stderr(chunk);
  });
  channel.on("exit", (code, signal) => {
    end.exited({ code, signal });
  });
  channel.on("close", () => {
    end.closed();
  });
  channel.on("error", () => void 0);
  run.attach({
    write: (text) => {
      channel.write(text);
    },
    end: (text) => {
      channel.end(text);
    },
    stop: () => {
      channel.signal("TERM");
      channel.close();
    }
  });
}
var CLOSE_PATIENCE_MS, SshSession;
var init_ssh_session = __esm({
  "src/guest/ssh-session.ts"() {
    "use strict";
    init_errors();
    init_handshake();
    init_script_run();
    init_shell_end();
    init_ssh_connect();
    init_target();
    CLOSE_PATIENCE_MS = 3e3;
    SshSession = class {
      guest;
      #access;
      #client;
      #socket;
      #traffic;
      #become;
      #closed;
      #runs = /* @__PURE__ */ new Set();
      #channels = 0;
      #lost;
      constructor(guest, access, { client, socket }, traffic, user) {
        this.guest = guest;
        this.#access = access;
        this.#client = client;
        this.#socket = socket;
        this.#traffic = traffic;
        this.#become = guest.become && user !== "root";
        client.on("error", (error) => {
          this.#lost ??= error;
        });
        this.#closed = new Promise((resolve) => {
          client.on("close", () => {
            for (const run of this.#runs) run.closed({ code: null });
            resolve();
          });
        });
      }
      get counters() {
        const { bytesRead, bytesWritten } = this.#socket;
        return {
          connections: this.#traffic.connections,
          channels: this.#channels,
          bytesSent: bytesWritten,
          bytesReceived: bytesRead
        };
      }
      async runScript(script, options = {}) {
        const run = new ScriptRun(this.guest, this.#become, this.#access.become, script, options);
        this.#runs.add(run);
        try {
          this.#start(run);
          return await run.result;
        } finally {
          this.#runs.delete(run);
        }
      }
      async close() {
        if (this.#socket.destroyed) return;
        const timer = setTimeout(() => this.#socket.destroy(), CLOSE_PATIENCE_MS);
        this.#client.end();
        await this.#closed;
        clearTimeout(timer);
      }
      #start(run) {
        try {
          this.#client.exec(run.commandLine, (error, channel) => {
            if (error) {
              run.fail(this.#noChannel(error));
              return;
            }
            this.#channels += 1;
            listen(channel, run);
          });
        } catch (error) {
          run.fail(this.#noChannel(error));
        }
      }
      #noChannel(error) {
        const where = { guest: this.guest.name };
        if (this.#socket.destroyed || this.#lost || /not connected|no response/i.test(error.message))
          return new ProvisionError("E_CONNECTION_LOST", "the connection was lost", { where, cause: this.#lost ?? error });
        return new ProvisionError("E_GUEST_SHELL", `the guest does not let a command run: ${error.message}`, {
          hint: "sshd may allow no sessions for this user (MaxSessions, ForceCommand, PermitTTY)",
          where,
          cause: error
        });
      }
    };
  }
});

// src/guest/access.ts
import { homedir, userInfo } from "node:os";
import pLimit from "p-limit";

// src/guest/host-key.ts
init_errors();
init_files();
init_known_hosts();
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
var HostKeys = class {
  #acceptNew;
  #ask;
  #note;
  #files = /* @__PURE__ */ new Map();
  #lines = /* @__PURE__ */ new Map();
  #accepted = /* @__PURE__ */ new Set();
  #openings = 0;
  #waiting = [];
  constructor(acceptNew, ask, note = () => void 0) {
    this.#acceptNew = acceptNew;
    this.#ask = ask;
    this.#note = note;
  }
  /** Types of keys on record for a target, to be asked for first. */
  types(target) {
    return this.#known(target).types(target.keyNames);
  }
  decide(target, key) {
    const known = this.#known(target);
    const verdict = known.verdict(target.keyNames, key);
    if (verdict.kind === "ok") return { kind: "known" };
    if (verdict.kind === "revoked") return refused(revoked(target, key, verdict.line));
    if (verdict.kind === "changed") return refused(changed(target, key, verdict.old));
    if (target.strict !== "yes") {
      if (this.#acceptNew || target.strict === "accept-new") return { kind: "new" };
      if (this.#accepted.has(acceptedName(target, key))) return { kind: "new" };
      if (this.#ask) return { kind: "ask", key, unknown: unknownKey(target, key) };
    }
    return refused(unknown(target, key, verdict.authority));
  }
  /** Writes an accepted key to the first of the person's known_hosts files; never changes what is there. */
  remember(target, key) {
    const [name] = target.keyNames;
    const file = target.newKeysFile;
    if (name === void 0) return;
    const known = this.#known(target);
    if (known.verdict([name], key).kind !== "unknown") return;
    known.learn(name, key);
    if (file === void 0) return;
    const line = formatKnownHost(name, key, target.hashKnownHosts ? randomBytes(20) : void 0);
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 448 });
      const before = readIfThere(file) ?? "";
      appendFileSync(file, before === "" || before.endsWith("\n") ? line : `
${line}`, { mode: 384 });
    } catch (error) {
      this.#note(`the key of ${target.host} could not be added to ${file}: ${error.message}`);
    }
  }
  /** Counts a guest that is being reached: the question is put when everyone who is on the way has come to it. */
  async opening(open) {
    this.#openings += 1;
    try {
      return await open();
    } finally {
      this.#openings -= 1;
      this.#askWhenComplete();
    }
  }
  /** @throws ProvisionError E_HOST_KEY_UNKNOWN when the person does not accept the key */
  async settle(target, { key, unknown: shown }) {
    const accepted = await new Promise((settle) => {
      this.#waiting.push({ unknown: shown, settle });
      this.#askWhenComplete();
    });
    if (!accepted) throw unknown(target, key, void 0);
    this.#accepted.add(acceptedName(target, key));
  }
  #askWhenComplete() {
    if (this.#ask === void 0 || this.#waiting.length === 0 || this.#waiting.length < this.#openings) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#ask(waiting.map((entry) => entry.unknown)).then(
      (accepted) => {
        for (const entry of waiting) entry.settle(accepted.includes(entry.unknown));
      },
      () => {
        for (const entry of waiting) entry.settle(false);
      }
    );
  }
  #known(target) {
    const name = target.knownHostsFiles.join("\n");
    let known = this.#files.get(name);
    if (known === void 0) {
      known = new KnownHosts(target.knownHostsFiles.flatMap((file) => this.#linesOf(file)));
      this.#files.set(name, known);
    }
    return known;
  }
  #linesOf(file) {
    const lines = this.#lines.get(file) ?? parseKnownHosts(readIfThere(file) ?? "", file);
    this.#lines.set(file, lines);
    return lines;
  }
};
function fingerprint(key) {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}
function unknownKey(target, key) {
  const { guest, host, port } = target;
  return { guest, host, port, type: keyType(key), fingerprint: fingerprint(key) };
}
function acceptedName(target, key) {
  return `${target.keyNames[0] ?? ""} ${key.toString("base64")}`;
}
function refused(error) {
  return { kind: "refused", error };
}
function unknown(target, key, authority) {
  const shown = `the ${keyType(key)} key of ${target.host} is not known (${fingerprint(key)})`;
  const scan = `ssh-keyscan ${target.port === 22 ? "" : `-p ${target.port} `}${target.host}`;
  const hint = authority === void 0 ? target.strict === "yes" ? `ssh_config says StrictHostKeyChecking yes: add the key with \`${scan}\`` : `give --accept-new, or add the key with \`${scan}\` once you have compared it` : `only the @cert-authority in ${authority.file}:${authority.line} matches, and host certificates are not supported: add the key with \`${scan}\``;
  return new ProvisionError("E_HOST_KEY_UNKNOWN", shown, { hint, where: { guest: target.guest } });
}
function changed(target, key, old) {
  return new ProvisionError(
    "E_HOST_KEY_CHANGED",
    `the host key of ${target.host} is not the one in ${old.file}:${old.line} (it shows ${keyType(key)} ${fingerprint(key)})`,
    {
      hint: `somebody may be in between; if the guest was installed anew: ssh-keygen -f ${old.file} -R '${target.keyNames[0] ?? ""}'`,
      where: { guest: target.guest }
    }
  );
}
function revoked(target, key, line) {
  return new ProvisionError(
    "E_HOST_KEY_REVOKED",
    `the host key of ${target.host} is revoked in ${line.file}:${line.line} (${fingerprint(key)})`,
    { hint: "do not connect until the guest has a new key", where: { guest: target.guest } }
  );
}

// src/guest/agent.ts
async function agentKeys(socket) {
  const { default: ssh22 } = await import("ssh2");
  const agent = ssh22.createAgent(socket);
  const keys = await new Promise((resolve, reject) => {
    agent.getIdentities((error, found) => {
      if (error) reject(error);
      else resolve((found ?? []).map((key) => ssh22.utils.parseKey(key)).filter(isKey));
    });
  });
  return keys.map((key) => {
    const alone = Object.create(agent);
    alone.getIdentities = (done) => {
      done(void 0, [key]);
    };
    return { comment: key.comment || key.type, blob: key.getPublicSSH(), agent: alone };
  });
}
function isKey(parsed) {
  return !(parsed instanceof Error) && !Array.isArray(parsed);
}

// src/guest/key-file.ts
init_files();
async function loadKeyFile(file) {
  const text = readIfThere(file);
  if (text === void 0) {
    const publicKey = await parse(readIfThere(`${file}.pub`));
    return publicKey === void 0 ? { kind: "missing", file } : { kind: "public", file, publicKey };
  }
  if (/\bsk-(ssh|ecdsa)-/.test(text) || /sk-(ssh-ed25519|ecdsa-sha2)/.test(innerText(text)))
    return { kind: "unusable", file, reason: "is a security-key (FIDO) key, which is not supported" };
  const key = await tryParse(text);
  if (key instanceof Error) {
    if (!/encrypted/i.test(key.message)) return { kind: "unusable", file, reason: `cannot be read: ${key.message}` };
    const publicKey = await parse(readIfThere(`${file}.pub`)) ?? await parse(publicPart(text));
    return { kind: "locked", file, text, publicKey };
  }
  return key.isPrivateKey() ? { kind: "private", file, key } : { kind: "public", file, publicKey: key };
}
async function unlockKey(locked, passphrase) {
  const key = await tryParse(locked.text, passphrase.reveal());
  return key instanceof Error ? { kind: "unusable", file: locked.file, reason: "is encrypted, and the passphrase is wrong" } : { kind: "private", file: locked.file, key };
}
async function tryParse(text, passphrase) {
  const { default: ssh22 } = await import("ssh2");
  const parsed = ssh22.utils.parseKey(text, passphrase);
  return Array.isArray(parsed) ? parsed[0] ?? new Error("no key") : parsed;
}
async function parse(text) {
  if (text === void 0) return void 0;
  const key = await tryParse(text);
  return key instanceof Error ? void 0 : key;
}
function innerText(text) {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END/.exec(text)?.[1];
  return body === void 0 ? "" : Buffer.from(body, "base64").toString("latin1");
}
function publicPart(text) {
  const bytes = Buffer.from(innerText(text), "latin1");
  try {
    let at = "openssh-key-v1\0".length;
    const next = () => {
      const length = bytes.readUInt32BE(at);
      at += 4 + length;
      return bytes.subarray(at - length, at);
    };
    for (let skipped = 0; skipped < 3; skipped++) next();
    at += 4;
    const key = next();
    const type = key.toString("latin1", 4, 4 + key.readUInt32BE(0));
    return `${type} ${key.toString("base64")}`;
  } catch {
    return void 0;
  }
}

// src/guest/keyring.ts
var Keyring = class {
  #askPassphrase;
  #files = /* @__PURE__ */ new Map();
  #agents = /* @__PURE__ */ new Map();
  #identities = /* @__PURE__ */ new Map();
  #unlocking = /* @__PURE__ */ new Map();
  constructor(askPassphrase) {
    this.#askPassphrase = askPassphrase;
  }
  /**
   * OpenSSH's order: keys of the agent that are configured, the agent's other keys, the remaining files. With files
   * that the inventory or ssh_config names, those go before the agent's other keys: servers count attempts.
   */
  identities(target) {
    const { agent, identitiesOnly, identitiesExplicit, identityFiles } = target;
    const name = JSON.stringify([agent, identitiesOnly, identitiesExplicit, identityFiles]);
    let found = this.#identities.get(name);
    if (found === void 0) {
      found = this.#find(target);
      this.#identities.set(name, found);
    }
    return found;
  }
  /** Asks for the passphrase of a key, once; without an answer the key is unusable for the rest of the run. */
  unlock(locked) {
    let unlocking = this.#unlocking.get(locked.file);
    if (unlocking === void 0) {
      unlocking = this.#unlock(locked);
      this.#unlocking.set(locked.file, unlocking);
    }
    return unlocking;
  }
  async #unlock(locked) {
    let key = { kind: "unusable", file: locked.file, reason: "is encrypted, and no passphrase was given" };
    for (let tries = 0; tries < 3 && key.kind !== "private"; tries++) {
      const passphrase = await this.#askPassphrase?.(locked.file);
      if (passphrase === void 0) break;
      key = await unlockKey(locked, passphrase);
    }
    this.#files.set(locked.file, Promise.resolve(key));
    this.#identities.clear();
  }
  async #find(target) {
    const [files, held] = await Promise.all([
      Promise.all(target.identityFiles.map((file) => this.#file(file))),
      target.agent === void 0 ? [] : this.#agent(target.agent)
    ]);
    const usable = [];
    const unusable = [];
    const inFiles = (key) => files.some((file) => publicKeyOf(file)?.equals(key.blob) === true);
    const rest = held.filter((key) => !inFiles(key));
    const others = (target.identitiesOnly ? [] : rest).map(byAgent);
    usable.push(...held.filter(inFiles).map(byAgent));
    const blobs = new Set(held.map((key) => key.blob.toString("base64")));
    const own = [];
    for (const file of files) {
      const blob = publicKeyOf(file)?.toString("base64");
      if (blob !== void 0 && blobs.has(blob)) continue;
      if (file.kind === "private") own.push({ kind: "file", name: file.file, key: file.key });
      else if (file.kind === "locked" && this.#askPassphrase) own.push({ kind: "locked", name: file.file, locked: file });
      else if (file.kind === "locked")
        unusable.push({ name: file.file, reason: "is encrypted, and there is no terminal to ask for its passphrase" });
      else if (file.kind === "public") unusable.push({ name: file.file, reason: "is a public key that no agent holds" });
      else if (file.kind === "unusable") unusable.push({ name: file.file, reason: file.reason });
      else if (target.identitiesExplicit) unusable.push({ name: file.file, reason: "does not exist" });
    }
    usable.push(...target.identitiesExplicit ? [...own, ...others] : [...others, ...own]);
    return { usable, unusable };
  }
  #file(file) {
    let key = this.#files.get(file);
    if (key === void 0) {
      key = loadKeyFile(file);
      this.#files.set(file, key);
    }
    return key;
  }
  #agent(socket) {
    let keys = this.#agents.get(socket);
    if (keys === void 0) {
      keys = agentKeys(socket).catch(() => []);
      this.#agents.set(socket, keys);
    }
    return keys;
  }
};
function byAgent(held) {
  return { kind: "agent", name: `${held.comment} (agent)`, held };
}
function publicKeyOf(file) {
  if (file.kind === "private") return file.key.getPublicSSH();
  return file.kind === "locked" || file.kind === "public" ? file.publicKey?.getPublicSSH() : void 0;
}

// src/guest/ssh-config-file.ts
init_errors();
init_files();
import { dirname as dirname2, isAbsolute, join as join2 } from "node:path";

// src/guest/ssh-config.ts
function parseSshConfig(text, file, include) {
  const lines = [];
  for (const [index, written] of text.split("\n").entries()) {
    const trimmed = written.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const match = /^"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+)?(.*)$/s.exec(trimmed);
    if (match === null) continue;
    const keyword = (match[1] ?? "").toLowerCase();
    const raw = match[2] ?? "";
    const args = splitWords(raw);
    const place = { file, line: index + 1 };
    if (keyword === "host" || keyword === "match") lines.push({ kind: keyword, args, ...place });
    else if (keyword === "include") lines.push({ kind: "include", files: args.flatMap((pattern) => include(pattern)) });
    else lines.push({ kind: "option", keyword, args, raw, ...place });
  }
  return lines;
}
function splitWords(text) {
  const words = [];
  let word;
  let quote2 = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    const next = text[at + 1] ?? "";
    if (character === "\\" && (next === '"' || next === "'" || next === "\\" || quote2 === "" && next === " ")) {
      word = (word ?? "") + next;
      at++;
    } else if (quote2 !== "") {
      if (character === quote2) quote2 = "";
      else word = (word ?? "") + character;
    } else if (character === '"' || character === "'") {
      quote2 = character;
      word ??= "";
    } else if (character === " " || character === "	") {
      if (word !== void 0) words.push(word);
      word = void 0;
    } else if (character === "#" && word === void 0) return words;
    else word = (word ?? "") + character;
  }
  if (word !== void 0) words.push(word);
  return words;
}

// src/guest/ssh-config-file.ts
var MAX_DEPTH = 16;
function loadSshConfig({ home, only, system = "/etc/ssh/ssh_config" }) {
  const userFolder = join2(home, ".ssh");
  if (only !== void 0) {
    const text = readIfThere(only);
    if (text === void 0)
      throw new ProvisionError("E_USAGE", `cannot read the ssh_config ${only}`, { where: { file: only } });
    return parse2(text, only, userFolder, home, 0);
  }
  const own = join2(userFolder, "config");
  return [
    ...parse2(readIfThere(own) ?? "", own, userFolder, home, 0),
    ...parse2(readIfThere(system) ?? "", system, dirname2(system), home, 0)
  ];
}
function parse2(text, file, folder, home, depth) {
  return parseSshConfig(text, file, (pattern) => {
    if (depth >= MAX_DEPTH)
      throw new ProvisionError("E_INVENTORY", `ssh_config files include each other more than ${MAX_DEPTH} deep`, {
        where: { file }
      });
    const expanded = expandHome(pattern, home);
    const paths = expandPattern(isAbsolute(expanded) ? expanded : join2(folder, expanded));
    return paths.map((path) => parse2(readIfThere(path) ?? "", path, folder, home, depth + 1));
  });
}

// src/guest/access.ts
init_sudo();
var CONNECT_TIMEOUT_MS = 15e3;
var HANDSHAKES = 25;
function loadAccess(options = {}) {
  const env2 = options.env ?? process.env;
  const home = options.home ?? homedir();
  const around = {
    home,
    env: env2,
    localUser: options.localUser ?? userInfo().username,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  };
  return {
    around,
    config: loadSshConfig({ home, only: options.sshConfig }),
    keyring: new Keyring(options.ask?.passphrase),
    hostKeys: new HostKeys(options.acceptNew === true, options.ask?.hostKeys, options.note),
    password: options.password,
    become: options.becomePassword && new BecomeGate(options.becomePassword),
    handshakes: pLimit(options.handshakes ?? HANDSHAKES)
  };
}

// src/guest/session.ts
async function openSession(guest, access) {
  if (guest.transport === "local") {
    const { openLocalSession: openLocalSession2 } = await Promise.resolve().then(() => (init_local(), local_exports));
    return openLocalSession2(guest, access);
  }
  const { openSshSession: openSshSession2 } = await Promise.resolve().then(() => (init_ssh_session(), ssh_session_exports));
  return openSshSession2(guest, access);
}

// ../../tmp/ours.ts
import pLimit2 from "p-limit";
import { readFileSync as readFileSync2 } from "node:fs";
var env = JSON.parse(readFileSync2("/tmp/bench-env.json", "utf8"));
async function main() {
  await import("ssh2");
  const limit = pLimit2(25);
  const begun = performance.now();
  const before = process.cpuUsage();
  const access = loadAccess({ home: env.home, env: {} });
  const res = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => limit(async () => {
    const s = await openSession({ name: "g" + i, transport: "ssh", host: "127.0.0.1", port: env.port, user: "root", become: false, groups: [], vars: [] }, access);
    const r = await s.runScript("true");
    if (r.exitCode !== 0) throw new Error("x");
    await s.close();
    if (s.counters.connections !== 1 || s.counters.channels !== 1) throw new Error("count");
  })));
  const { user, system } = process.cpuUsage(before);
  const failed = res.filter((r) => r.status === "rejected");
  for (const f of failed.slice(0, 3)) console.error(f.reason);
  console.log(JSON.stringify({ wallMs: Math.round(performance.now() - begun), cpuMs: Math.round((user + system) / 1e3), guests: 50, failed: failed.length }));
}
void main();
