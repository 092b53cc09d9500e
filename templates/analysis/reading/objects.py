"""What every section needs of a kernel's objects: members that differ between kernels, symbols, modules."""

from drgn import TypeKind
from drgn.helpers.linux.list import list_for_each_entry

BOUND = []
MODULES = []


def bind(prog):
    """The drgn command gives its program to the script alone; sections in files of their own get it from here."""
    BOUND.append(prog)


def program():
    return BOUND[0]


def text(obj):
    return obj.string_().decode("utf-8", "replace")


def member(obj, *names):
    """The first member that this kernel's structure has; None when it has none of them."""
    for name in names:
        try:
            return obj.member_(name)
        except LookupError:
            continue
    return None


def variable(*names):
    for name in names:
        try:
            return program()[name]
        except KeyError:
            continue
    return None


def number(obj):
    """A plain integer or an atomic one: several counters changed from one to the other between 4.19 and 5.18."""
    kind = obj.type_
    while kind.kind == TypeKind.TYPEDEF:
        kind = kind.type
    return int(obj.counter) if kind.kind == TypeKind.STRUCT else int(obj)


def page_size():
    return int(program()["PAGE_SIZE"])


def symbol_name(address):
    """Name of the function at an address; None where no symbol is known, as in a module without debug file."""
    try:
        return program().symbol(address).name
    except LookupError:
        return None


def function_name(address):
    """For people: a symbol, a place in a module, or the bare address."""
    if address == 0:
        return None
    return symbol_name(address) or module_place(address)


def modules():
    """(name, start, end) of the code and data of every loaded module."""
    found = []
    for mod in list_for_each_entry("struct module", program()["modules"].address_of_(), "list"):
        name = text(mod.name)
        memory = member(mod, "mem")  # 6.4 and later: one entry for each kind of memory
        if memory is not None:
            areas = [(area.base.value_(), area.size.value_()) for area in memory]
        else:
            areas = []
            for layout in (member(mod, "core_layout"), member(mod, "init_layout")):
                if layout is not None:
                    areas.append((layout.base.value_(), layout.size.value_()))
        found.extend((name, base, base + size) for base, size in areas if base and size)
    return found


def module_place(address):
    for name, start, end in MODULES:
        if start <= address < end:
            return "{}+{}".format(name, hex(address - start))
    return hex(address)


def module_of(address):
    for name, start, end in MODULES:
        if start <= address < end:
            return name
    return None


def describe(error):
    return "{}: {}".format(type(error).__name__, error)
