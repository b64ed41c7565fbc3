/* `rows.py` in C: rows of columns decided against the words of a table.
 *
 * What it means is written there, and the tests hold the two together; where nothing compiled this, that serves alone.
 * No index that comes out of an array is used before it is held against the array it leads to.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Whether a column has `rows` values of eight bytes where they may be read. 0, with a ValueError, where not. */
static int
fits(const Py_buffer *column, Py_ssize_t rows)
{
    if (column->len == rows * 8 && (uintptr_t)column->buf % 8 == 0) {
        return 1;
    }
    PyErr_SetString(PyExc_ValueError, "an array of another length or alignment than it has to have");
    return 0;
}

typedef struct {
    const int64_t *cuts, *first, *at_cut;
    uint64_t span, lanes, stretches;
    int shift, depth;
} Cuts;

/* `depth` is a constant where this is called, so that a loop of one step is none. */
static inline void
find_slices(const Cuts *in, int depth, Py_ssize_t rows, const int64_t *restrict lane, const int64_t *restrict at,
            int64_t *restrict out, uint64_t *late, uint64_t *astray)
{
    const int64_t *cuts = in->cuts, *first = in->first, *at_cut = in->at_cut;
    uint64_t start = (uint64_t)cuts[0], span = in->span, lanes = in->lanes, stretches = in->stretches;
    uint64_t is_late = 0, is_astray = 0;
    int shift = in->shift;
    for (Py_ssize_t i = 0; i < rows; i++) {
        uint64_t step = (uint64_t)at[i] - start, way = (uint64_t)lane[i];
        is_late |= step >= span;
        is_astray |= way >= lanes;
        step = step < span ? step : 0;
        way = way < lanes ? way : 0;
        int64_t when = (int64_t)(start + step);
        uint64_t cut = (uint64_t)first[step >> shift];
        cut = cut < stretches ? cut : 0;
        for (int k = 0; k < depth; k++) {
            cut += when >= cuts[cut + 1]; /* before the last cut, so that it is never passed */
        }
        out[i] = at_cut[way * stretches + cut];
    }
    *late = is_late;
    *astray = is_astray;
}

PyDoc_STRVAR(slices_doc,
"slices_of(lane, at, cuts, first, at_cut, shift, depth, out, /)\n--\n\n"
"Write the slice of each row to `out`, as `Slices.of` gives it. All int64 (n,). Returns the name of the column that\n"
"leaves the table, else None.");

static PyObject *
slices_of(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer lane, at, cuts, first, at_cut, out;
    PyObject *found = NULL;
    Cuts in;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*iiw*", &lane, &at, &cuts, &first, &at_cut, &in.shift, &in.depth, &out)) {
        return NULL;
    }
    Py_ssize_t rows = out.len / 8;
    if (!fits(&lane, rows) || !fits(&at, rows) || !fits(&out, rows) || !fits(&cuts, cuts.len / 8)
        || !fits(&first, first.len / 8) || !fits(&at_cut, at_cut.len / 8)) {
        goto done;
    }
    in.cuts = cuts.buf, in.first = first.buf, in.at_cut = at_cut.buf;
    in.stretches = (uint64_t)(cuts.len / 8) - 1;
    in.span = cuts.len >= 16 ? (uint64_t)in.cuts[in.stretches] - (uint64_t)in.cuts[0] : 0;
    in.lanes = (uint64_t)(at_cut.len / 8) / (in.stretches ? in.stretches : 1);
    if (in.span == 0 || in.shift < 0 || in.shift > 63 || (in.span - 1) >> in.shift >= (uint64_t)(first.len / 8)
        || in.lanes == 0) {
        PyErr_SetString(PyExc_ValueError, "cuts and steps that do not belong together");
        goto done;
    }
    uint64_t late, astray;
    Py_BEGIN_ALLOW_THREADS
    if (in.depth <= 1) {
        find_slices(&in, 1, rows, lane.buf, at.buf, out.buf, &late, &astray);
    }
    else {
        find_slices(&in, in.depth, rows, lane.buf, at.buf, out.buf, &late, &astray);
    }
    Py_END_ALLOW_THREADS
    found = late ? PyUnicode_FromString("at") : astray ? PyUnicode_FromString("lane") : Py_NewRef(Py_None);
done:
    PyBuffer_Release(&lane);
    PyBuffer_Release(&at);
    PyBuffer_Release(&cuts);
    PyBuffer_Release(&first);
    PyBuffer_Release(&at_cut);
    PyBuffer_Release(&out);
    return found;
}

typedef struct {
    const uint64_t *words, *asks;
    const int64_t *base;
    uint64_t count, slices, plane;
} Cells;

/* `spread` is a constant where this is called: each slice has all its cells in `words`, else they begin at its base. */
static inline void
find_words(const Cells *in, int spread, Py_ssize_t rows, const int64_t *restrict slices, const int64_t *restrict cell,
           const uint64_t *restrict mask, uint64_t *restrict hits, uint8_t *restrict permit, uint64_t *far,
           uint64_t *astray)
{
    const uint64_t *words = in->words, *asks = in->asks;
    const int64_t *base = in->base;
    uint64_t count = in->count, known = in->slices, plane = in->plane, is_far = 0, is_astray = 0;
    for (Py_ssize_t i = 0; i < rows; i++) {
        uint64_t number = (uint64_t)slices[i], within = (uint64_t)cell[i], place, besides = 0;
        is_far |= number >= known;
        is_astray |= within >= plane;
        number = number < known ? number : 0;
        within = within < plane ? within : 0;
        if (spread) {
            place = number * plane + within; /* below known * plane, which is at most count */
        }
        else {
            place = (uint64_t)base[number] + within;
            is_astray |= place >= count;
            place = place < count ? place : 0;
            besides = asks[number];
        }
        uint64_t found = (words[place] | besides) & mask[i];
        hits[i] = found;
        permit[i] = found == 0;
    }
    *far = is_far;
    *astray = is_astray;
}

PyDoc_STRVAR(decide_rows_doc,
"decide_rows(words, plane, base, asks, slices, cell, mask, hits, permit, /)\n--\n\n"
"Write what stands against each row to `hits` uint64 (n,), and whether nothing does to `permit` bool (n,), as\n"
"`Rows.decide` does. `base` and `asks` None: each slice has all its cells in `words`, `plane` of them. Returns the\n"
"name of the column that leaves the table, else None.");

static PyObject *
decide_rows(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer words, base, asks, slices, cell, mask, hits, permit;
    PyObject *found = NULL;
    long long plane;
    if (!PyArg_ParseTuple(args, "y*Lz*z*y*y*y*w*w*", &words, &plane, &base, &asks, &slices, &cell, &mask, &hits,
                          &permit)) {
        return NULL;
    }
    Py_ssize_t rows = permit.len;
    if (!fits(&slices, rows) || !fits(&cell, rows) || !fits(&mask, rows) || !fits(&hits, rows)
        || !fits(&words, words.len / 8) || !fits(&base, base.len / 8) || !fits(&asks, base.len / 8)) {
        goto done;
    }
    int spread = base.buf == NULL;
    uint64_t count = (uint64_t)(words.len / 8);
    if (plane <= 0 || (uint64_t)plane > count || (!spread && base.len == 0)) {
        PyErr_SetString(PyExc_ValueError, "a table without cells");
        goto done;
    }
    uint64_t known = spread ? count / (uint64_t)plane : (uint64_t)(base.len / 8);
    Cells in = {words.buf, asks.buf, base.buf, count, known, (uint64_t)plane};
    uint64_t far, astray;
    Py_BEGIN_ALLOW_THREADS
    if (spread) {
        find_words(&in, 1, rows, slices.buf, cell.buf, mask.buf, hits.buf, permit.buf, &far, &astray);
    }
    else {
        find_words(&in, 0, rows, slices.buf, cell.buf, mask.buf, hits.buf, permit.buf, &far, &astray);
    }
    Py_END_ALLOW_THREADS
    found = far ? PyUnicode_FromString("slice") : astray ? PyUnicode_FromString("cell") : Py_NewRef(Py_None);
done:
    PyBuffer_Release(&words);
    PyBuffer_Release(&base);
    PyBuffer_Release(&asks);
    PyBuffer_Release(&slices);
    PyBuffer_Release(&cell);
    PyBuffer_Release(&mask);
    PyBuffer_Release(&hits);
    PyBuffer_Release(&permit);
    return found;
}

static PyMethodDef module_methods[] = {
    {"slices_of", slices_of, METH_VARARGS, slices_doc},
    {"decide_rows", decide_rows, METH_VARARGS, decide_rows_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
#ifdef Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "rows_c",
    .m_doc = "Rows of columns, in C.",
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit_rows_c(void)
{
    return PyModuleDef_Init(&module_def);
}
