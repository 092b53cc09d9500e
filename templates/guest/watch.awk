# What the watcher sees, and what it makes of it: one process that never ends. A look is one sleep and one cat over all threads;
# of tasks it opens stat, status and wchan alone, which no blocked one keeps anybody waiting with.
# Given: blocked (seconds), memory_full and io_full (percent, 0: not looked at), slowest (seconds between two looks, at least).
BEGIN {
  keeper = "/usr/local/lib/provision/evidence"
  run = "/run/provision/evidence"
  threads = "[0-9]*/task/[0-9]*/stat"
  limit["memory"] = memory_full + 0; limit["io"] = io_full + 0
  every = slowest
  tokens = 4
  for (;;) {
    look()
    settle()
    if (tokens >= 1) { why = due_now(); if (why != "") { collect(why); continue } }
    spare()
  }
}

# One look at all threads. A pressure file before uptime is memory, one after it io.
function look(   line, command, lines) {
  looks++
  psi = "memory"; full["memory"] = full["io"] = 0
  command = "sleep " every "; cd /proc/ && exec cat pressure/memory uptime pressure/io " threads " 2>/dev/null"
  while ((command | getline line) > 0) {
    lines++
    if (line ~ /\) D -?[0-9]/) suspect(line ~ /^[0-9]+ \(/ ? line : head "?" line)
    else if (line ~ /^[0-9]+ \(/) head = line
    else if (line ~ /^[0-9.]+ [0-9.]+$/) { tick(line + 0); psi = "io" }
    else if (line ~ /^full avg10=/) full[psi] = substr(line, 12) + 0
  }
  close(command)
  if (lines) { empty = 0; return }
  # With very many threads the names do not fit one command line: then only the first thread of each process.
  if (threads ~ /task/) {
    system("echo too many threads for one look: only processes are looked at")
    threads = "[0-9]*/stat"
  }
  if (++empty > 10) exit 1
}

# A thread in D state. Blocked is who has not run since it was first seen so: its context switches did not move.
function suspect(line,   f, tid, key, slept) {
  match(line, /\(.*\)/)
  tid = substr(line, 1, RSTART - 2)
  split(substr(line, RSTART + RLENGTH + 1), f, " ")
  # A process id alone may name another process the next time.
  key = tid " " f[20]
  if (f[1] != "D" || (slept = switches(tid)) == "") return
  if (!(key in since) || slept != sleep[key]) {
    if (key in since) ended(key, "woke")
    since[key] = now; sleep[key] = slept; due[key] = blocked
    name[key] = substr(line, index(line, "(") + 1, RLENGTH - 2)
    gsub(/[\001-\037\177]/, "?", name[key])
  }
  seen[key] = looks
}

# Context switches of a thread that is blocked still; empty: it is not.
function switches(tid,   file, line, f, sum, state) {
  file = "/proc/" tid "/status"
  while ((getline line < file) > 0) {
    split(line, f, "[: \t]+")
    if (f[1] == "State") state = f[2]
    else if (line ~ /^(non)?voluntary_ctxt_switches:/) sum = sum "." f[2]
  }
  close(file)
  return state == "D" ? sum : ""
}

# The time that passed while tasks could run: uptime goes on while the machine sleeps, and a task cannot help that.
function tick(up,   gap, before) {
  if (last == "") { asleep = slept_for(up); last = up }
  gap = up - last
  last = up
  if (gap > 3 * every + slack) {
    before = asleep
    asleep = slept_for(up)
    if (before == "" || asleep == "") gap = every
    else if (asleep - before > 1) gap -= asleep - before
  }
  slack = 0
  if (gap > 0) now += gap
  tokens += gap / 300
  if (tokens > 4) tokens = 4
}

# Seconds since boot that the machine slept; empty where the kernel does not tell.
function slept_for(up,   line, f) {
  while ((getline line < "/proc/timer_list") > 0) if (line ~ /^now at /) { split(line, f, " "); break }
  close("/proc/timer_list")
  return f[3] == "" ? "" : up - f[3] / 1e9
}

# Who is no longer blocked, and which pressure is over.
function settle(   key, kind) {
  for (key in since) if (seen[key] != looks) {
    ended(key, fate(key))
    delete since[key]; delete sleep[key]; delete seen[key]; delete due[key]; delete name[key]
  }
  for (kind in limit) {
    if (limit[kind] <= 0) continue
    if (full[kind] > worst[kind]) worst[kind] = full[kind]
    if (!(kind in began)) { if (full[kind] >= limit[kind]) { began[kind] = now; due[kind] = 0; worst[kind] = full[kind] } }
    else if (full[kind] < limit[kind] / 2) {
      if (entries[kind] != "") note(entries[kind], kind " " seconds(now - began[kind]) " " worst[kind])
      delete began[kind]; delete entries[kind]; worst[kind] = 0
    }
  }
  if (notes) {
    close(notes)
    system(keeper " tidy >&2 &")
    notes = ""
  }
}

# It went on, or is no more.
function fate(key,   part, file, line, f) {
  split(key, part, " ")
  file = "/proc/" part[1] "/stat"
  getline line < file
  close(file)
  sub(/^.*\) /, "", line)
  split(line, f, " ")
  return f[20] == part[2] ? "woke" : "gone"
}

function ended(key, how) {
  if (entries[key] != "") note(entries[key], "task " key " " seconds(now - since[key]) " " how " " name[key])
  delete entries[key]
}

function note(pieces, text,   each, n, i) {
  notes = run "/ended." looks
  n = split(pieces, each, " ")
  for (i = 1; i <= n; i++) print each[i], text > notes
}

# What there is to collect now: at first when the limit is reached, then each time it has lasted twice as long.
function due_now(   key, kind, why) {
  for (key in since) if (now - since[key] >= due[key]) {
    if (frozen(key)) since[key] = now
    else why = "blocked"
  }
  if (why != "") return why
  for (kind in began) if (now - began[kind] >= due[kind]) return kind
  return ""
}

# Put to sleep on purpose, as a paused container is.
function frozen(key,   file, line) {
  file = key
  sub(/ .*/, "", file)
  file = "/proc/" file "/wchan"
  getline line < file
  close(file)
  return line == "__refrigerator"
}

function collect(why,   about, key, kind, entry, command, again) {
  about = run "/about.new"
  print "why " why > about
  again = 1
  for (key in since) if (now - since[key] >= blocked / 2) {
    print "task " key " " seconds(now - since[key]) " " name[key] > about
    if (now - since[key] >= due[key] && entries[key] == "") again = 0
  }
  for (kind in began) {
    print "pressure " kind " " seconds(now - began[kind]) " " full[kind] > about
    if (entries[kind] == "") again = 0
  }
  if (again) print "again yes" > about
  close(about)
  command = keeper " collect " why
  command | getline entry
  close(command)
  tokens--
  slack = 90
  for (key in since) if (now - since[key] >= blocked / 2) {
    due[key] = 2 * (now - since[key])
    if (due[key] < 2 * blocked) due[key] = 2 * blocked
    if (entry != "") entries[key] = entries[key] " " entry
  }
  for (kind in began) {
    due[kind] = 2 * (now - began[kind])
    if (due[kind] < blocked) due[kind] = blocked
    if (entry != "") entries[kind] = entries[kind] " " entry
  }
}

# Looks are made rarer where there are so many threads that they would cost more than a two hundredth of a CPU.
function spare(   line, f, ticks) {
  getline line < "/proc/self/stat"
  close("/proc/self/stat")
  sub(/^.*\) /, "", line)
  split(line, f, " ")
  ticks = f[12] + f[13] + f[14] + f[15]
  if (spent != "" && looks == spent_at + 1) cost = cost * 0.9 + (ticks - spent) / 100 * 0.1
  spent = ticks; spent_at = looks
  every = int(cost * 200)
  if (every > blocked / 2) every = int(blocked / 2)
  if (every < slowest) every = slowest
}

function seconds(time) { return int(time) }
