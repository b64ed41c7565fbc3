/* `lookup.py` in C: a decision that was asked before.
 *
 * What it means is written there, and the tests hold the two together; where nothing compiled this, that serves alone.
 * No Python code runs between finding a track and using it, so that nobody can take it away in between.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#ifdef Py_GIL_DISABLED
#error "written for an interpreter with its lock: without it Python serves"
#endif

enum { ACT, SENDER, RECIPIENT, ITEM, PERSON, AT, PURPOSE, SYSTEM, ARGUMENTS };
enum { REQUIRED = PURPOSE, KEY = 6 };

static PyObject *names[ARGUMENTS];
static PyObject *name_of_ns, *name_of_first;

#define ITEMS(tuple) (((PyTupleObject *)(tuple))->ob_item)

/* A track: what was asked (act, sender, recipient, item, person, purpose), and its cuts and answers; one cache line. */
typedef struct {
    PyObject *key[KEY];
    PyObject *starts, *answers;
} Track;

typedef struct {
    PyObject_HEAD
    Track *tracks;
    size_t capacity, laid;
} Lookup;

/* Texts have exactly the type `str`; None, of a purpose, is no text. */
static inline uint64_t
hash_of(PyObject *text)
{
    if (text == Py_None) {
        return 0;
    }
    Py_hash_t kept = ((PyASCIIObject *)text)->hash;
    return (uint64_t)(kept != -1 ? kept : PyObject_Hash(text));
}

static inline int
same_text(PyObject *one, PyObject *other)
{
    if (one == other) {
        return 1;
    }
    if (one == Py_None || other == Py_None || hash_of(one) != hash_of(other)) {
        return 0;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(one);
    return length == PyUnicode_GET_LENGTH(other) && PyUnicode_KIND(one) == PyUnicode_KIND(other)
        && memcmp(PyUnicode_DATA(one), PyUnicode_DATA(other), (size_t)length * PyUnicode_KIND(one)) == 0;
}

/* The track of a key, or the free one where it would lie: at most half of them are taken. */
static inline Track *
track_of(const Lookup *self, PyObject *const *key)
{
    uint64_t hash = hash_of(key[0]) * 0x9E3779B97F4A7C15u + hash_of(key[1]) * 0xC2B2AE3D27D4EB4Fu
        + hash_of(key[2]) * 0x165667B19E3779F9u + (uint64_t)(uintptr_t)key[3] * 0xD6E8FEB86659FD93u
        + (uint64_t)(uintptr_t)key[4] * 0xA0761D6478BD642Fu + hash_of(key[5]) * 0xE7037ED1A0B428DBu;
    for (size_t place = (size_t)(hash >> 32);; place++) {
        Track *track = &self->tracks[place & (self->capacity - 1)];
        if (track->key[3] == NULL
            || (track->key[3] == key[3] && track->key[4] == key[4] && same_text(track->key[0], key[0])
                && same_text(track->key[1], key[1]) && same_text(track->key[2], key[2])
                && same_text(track->key[5], key[5]))) {
            return track;
        }
    }
}

static int
is_key(PyObject *const *key)
{
    return PyUnicode_CheckExact(key[0]) && PyUnicode_CheckExact(key[1]) && PyUnicode_CheckExact(key[2])
        && (key[5] == Py_None || PyUnicode_CheckExact(key[5]));
}

/* The answer after the last of the cuts that is not later than `ns`, borrowed. All are exact integers of any size. */
static PyObject *
answer_at(const Track *track, PyObject *ns)
{
    int far, beyond, later;
    long long since, when = PyLong_AsLongLongAndOverflow(ns, &far);
    Py_ssize_t low = 0, high = PyTuple_GET_SIZE(track->starts);
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        PyObject *start = PyTuple_GET_ITEM(track->starts, middle);
        since = PyLong_AsLongLongAndOverflow(start, &beyond);
        later = far || beyond ? PyObject_RichCompareBool(ns, start, Py_LT) : when < since;
        if (later) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return PyTuple_GET_ITEM(track->answers, low);
}

/* Where an argument stands by its name; -1 where none has it. */
static int
place_of(PyObject *keyword)
{
    for (int i = 0; i < ARGUMENTS; i++) {
        if (keyword == names[i] || PyUnicode_Compare(keyword, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* The arguments in order, borrowed; what may be left out is None then. 0, with a TypeError, where they do not fit. */
static int
arguments_of(PyObject **asked, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (given > ARGUMENTS) {
        PyErr_Format(PyExc_TypeError, "decide() takes at most %d arguments (%zd given)", ARGUMENTS, given);
        return 0;
    }
    for (Py_ssize_t i = 0; i < ARGUMENTS; i++) {
        asked[i] = i < given ? args[i] : NULL;
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *keyword = PyTuple_GET_ITEM(keywords, i);
        int place = place_of(keyword);
        if (place < 0 || asked[place] != NULL) {
            PyErr_Format(PyExc_TypeError, "decide() has no argument '%U', or got it twice", keyword);
            return 0;
        }
        asked[place] = args[given + i];
    }
    for (int i = 0; i < ARGUMENTS; i++) {
        if (asked[i] == NULL && i < REQUIRED) {
            PyErr_Format(PyExc_TypeError, "decide() is missing its argument '%U'", names[i]);
            return 0;
        }
        if (asked[i] == NULL) {
            asked[i] = Py_None;
        }
    }
    return 1;
}

static PyObject *
lookup_decide(Lookup *self, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    PyObject *call[1 + ARGUMENTS], **asked = call + 1;
    if (!arguments_of(asked, args, given, keywords)) {
        return NULL;
    }
    if (asked[SYSTEM] == Py_None) {
        PyObject *ns = PyObject_GetAttr(asked[AT], name_of_ns); /* may run Python code: nothing is looked at before */
        if (ns == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_Exception)) {
                return NULL;
            }
            PyErr_Clear();
        }
        else {
            PyObject *key[] = {asked[ACT], asked[SENDER], asked[RECIPIENT], asked[ITEM], asked[PERSON], asked[PURPOSE]};
            PyObject *found = Py_None;
            if (self->laid && PyLong_CheckExact(ns) && is_key(key)) {
                Track *track = track_of(self, key);
                if (track->starts != NULL) {
                    found = answer_at(track, ns);
                }
            }
            Py_INCREF(found);
            Py_DECREF(ns);
            if (found != Py_None) {
                return found;
            }
            Py_DECREF(found);
        }
    }
    call[0] = (PyObject *)self;
    return PyObject_VectorcallMethod(name_of_first, call, 1 + ARGUMENTS, NULL);
}

static PyObject *
lookup_track(Lookup *self, PyObject *key)
{
    if (!PyTuple_Check(key) || PyTuple_GET_SIZE(key) != KEY || !is_key(ITEMS(key))) {
        PyErr_SetString(PyExc_TypeError, "a track is found by act, sender, recipient, item, person and purpose");
        return NULL;
    }
    Track *track = self->laid ? track_of(self, ITEMS(key)) : NULL;
    if (track == NULL || track->starts == NULL) {
        Py_RETURN_NONE;
    }
    return PyTuple_Pack(2, track->starts, track->answers);
}

/* Room for one more track. 0, with a MemoryError, where there is none. */
static int
make_room(Lookup *self)
{
    if (2 * (self->laid + 1) <= self->capacity) {
        return 1;
    }
    Lookup wider = {.capacity = self->capacity ? 2 * self->capacity : 64};
    wider.tracks = PyMem_Calloc(wider.capacity, sizeof(Track));
    if (wider.tracks == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (size_t i = 0; i < self->capacity; i++) {
        if (self->tracks[i].starts != NULL) {
            *track_of(&wider, self->tracks[i].key) = self->tracks[i];
        }
    }
    PyMem_Free(self->tracks);
    self->tracks = wider.tracks;
    self->capacity = wider.capacity;
    return 1;
}

static PyObject *
lookup_lay(Lookup *self, PyObject *args)
{
    PyObject *key, *starts, *answers;
    if (!PyArg_ParseTuple(args, "O!(O!O!)", &PyTuple_Type, &key, &PyTuple_Type, &starts, &PyTuple_Type, &answers)) {
        return NULL;
    }
    int fits = PyTuple_GET_SIZE(key) == KEY && is_key(ITEMS(key))
        && PyTuple_GET_SIZE(answers) == PyTuple_GET_SIZE(starts) + 1;
    for (Py_ssize_t i = 0; fits && i < PyTuple_GET_SIZE(starts); i++) {
        fits = PyLong_CheckExact(PyTuple_GET_ITEM(starts, i));
    }
    if (!fits) {
        PyErr_SetString(PyExc_TypeError, "a track has a key, cuts in nanoseconds, and one answer more than cuts");
        return NULL;
    }
    if (!make_room(self)) {
        return NULL;
    }
    Track *track = track_of(self, ITEMS(key));
    PyObject *old_starts = track->starts, *old_answers = track->answers;
    if (old_starts == NULL) {
        for (int i = 0; i < KEY; i++) {
            track->key[i] = PyTuple_GET_ITEM(key, i);
            Py_INCREF(track->key[i]);
        }
        self->laid++;
    }
    Py_INCREF(starts);
    Py_INCREF(answers);
    track->starts = starts;
    track->answers = answers;
    Py_XDECREF(old_starts);
    Py_XDECREF(old_answers);
    Py_RETURN_NONE;
}

static PyObject *
lookup_laid(Lookup *self, PyObject *Py_UNUSED(none))
{
    return PyLong_FromSize_t(self->laid);
}

static int
lookup_traverse(Lookup *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (size_t i = 0; i < self->capacity; i++) {
        if (self->tracks[i].starts != NULL) {
            for (int k = 0; k < KEY; k++) {
                Py_VISIT(self->tracks[i].key[k]);
            }
            Py_VISIT(self->tracks[i].starts);
            Py_VISIT(self->tracks[i].answers);
        }
    }
    return 0;
}

/* All tracks are let go of; who comes meanwhile finds none. */
static int
lookup_clear(Lookup *self)
{
    Track *tracks = self->tracks;
    size_t capacity = self->capacity;
    self->tracks = NULL;
    self->capacity = self->laid = 0;
    for (size_t i = 0; i < capacity; i++) {
        if (tracks[i].starts != NULL) {
            for (int k = 0; k < KEY; k++) {
                Py_DECREF(tracks[i].key[k]);
            }
            Py_DECREF(tracks[i].starts);
            Py_DECREF(tracks[i].answers);
        }
    }
    PyMem_Free(tracks);
    return 0;
}

static PyObject *
lookup_forget(Lookup *self, PyObject *Py_UNUSED(none))
{
    (void)lookup_clear(self);
    Py_RETURN_NONE;
}

static void
lookup_dealloc(Lookup *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)lookup_clear(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

PyDoc_STRVAR(decide_doc,
"decide($self, act, sender, recipient, item, person, at, purpose=None, system=None)\n--\n\n"
"May `item` go from `sender` to `recipient` at `at`, for `person` to see?\n\n"
"As `decide` of `relto.core.decision.table.lookup.Lookup`, where its arguments and errors are told.");

static PyMethodDef lookup_methods[] = {
    {"decide", (PyCFunction)(void (*)(void))lookup_decide, METH_FASTCALL | METH_KEYWORDS, decide_doc},
    {"_track", (PyCFunction)lookup_track, METH_O, "The track of a key, or None."},
    {"_lay", (PyCFunction)lookup_lay, METH_VARARGS, "Lay a track, in the place of another under its key."},
    {"_laid", (PyCFunction)lookup_laid, METH_NOARGS, "How many tracks there are."},
    {"_forget_tracks", (PyCFunction)lookup_forget, METH_NOARGS, "Forget all tracks."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot lookup_slots[] = {
    {Py_tp_doc, "The answers found so far, by what was asked and when; see `lookup.Lookup`."},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_traverse, lookup_traverse},
    {Py_tp_clear, lookup_clear},
    {Py_tp_dealloc, lookup_dealloc},
    {Py_tp_methods, lookup_methods},
    {0, NULL},
};

static PyType_Spec lookup_spec = {
    .name = "relto.core.decision.table.lookup_c.Lookup",
    .basicsize = sizeof(Lookup),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = lookup_slots,
};

static int
module_exec(PyObject *module)
{
    static const char *const texts[ARGUMENTS] = {
        "act", "sender", "recipient", "item", "person", "at", "purpose", "system",
    };
    for (int i = 0; i < ARGUMENTS; i++) {
        if (names[i] == NULL && (names[i] = PyUnicode_InternFromString(texts[i])) == NULL) {
            return -1;
        }
    }
    if (name_of_ns == NULL && (name_of_ns = PyUnicode_InternFromString("ns")) == NULL) {
        return -1;
    }
    if (name_of_first == NULL && (name_of_first = PyUnicode_InternFromString("_first")) == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &lookup_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#ifdef Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "lookup_c",
    .m_doc = "A decision that was asked before, in C.",
    .m_size = 0,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit_lookup_c(void)
{
    return PyModuleDef_Init(&module_def);
}
