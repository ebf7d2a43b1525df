/* SPDX-License-Identifier: MIT */
#include "compiler/context.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/idl.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/srvsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 12 };

static struct pen_idl *compile(const char *text, int expected)
{
	struct pen_idl *idl;

	assert_int_equal(pen_idl_new(&idl, NULL, NULL), 0);
	assert_int_equal(pen_idl_compile(idl, "test.idl", text, strlen(text)), expected);
	return idl;
}

/* Compiles members of an interface, and expects a diagnosis that says so. */
static void expect_diagnosis(const char *members, const char *says)
{
	char text[1024];
	struct pen_idl *idl;

	snprintf(text, sizeof(text),
		 "[uuid(12345678-1234-abcd-ef00-0123456789ab)] interface t { %s }", members);
	idl = compile(text, PEN_E_SYNTAX);
	if (!strstr(pen_idl_diagnoses(idl), says))
		fail_msg("\"%s\" is not in: %s", says, pen_idl_diagnoses(idl));
	assert_null(pen_idl_interface(idl, 0));
	pen_idl_free(idl);
}

static char *read_file(const char *path, size_t *np)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	*np = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

/* ---- what is made at run time is what a C compiler made of penidl's C ---- */

static void expect_equal_text(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

static void expect_equal_expr(const struct pen_expr *a, const struct pen_expr *b)
{
	assert_int_equal(!a, !b);
	for (; a && (a->op || b->op); a++, b++) {
		assert_int_equal(a->op, b->op);
		assert_int_equal(a->value, b->value);
		assert_int_equal(a->offset, b->offset);
		expect_equal_text(a->name, b->name);
		assert_int_equal(!a->type, !b->type);
		if (a->type)
			assert_int_equal(a->type->kind, b->type->kind);
	}
}

static void expect_equal_type(const struct pen_type *a, const struct pen_type *b, unsigned depth);

static void expect_equal_field(const struct pen_field *a, const struct pen_field *b, unsigned depth)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->n_cases, b->n_cases);
	if (a->n_cases)
		assert_memory_equal(a->cases, b->cases, a->n_cases * sizeof(*a->cases));
	assert_int_equal(a->is_default, b->is_default);
	assert_int_equal(a->is_retval, b->is_retval);
	assert_int_equal(a->is_shared, b->is_shared);
	assert_int_equal(a->is_secret, b->is_secret);
	assert_memory_equal(a->n_run, b->n_run, sizeof(a->n_run));
	expect_equal_type(a->type, b->type, depth + 1);
}

static void expect_equal_dimension(const struct pen_dimension *a, const struct pen_dimension *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->is_conformant, b->is_conformant);
	assert_int_equal(a->is_varying, b->is_varying);
	expect_equal_expr(a->size_is, b->size_is);
	expect_equal_expr(a->length_is, b->length_is);
	expect_equal_expr(a->first_is, b->first_is);
}

static void expect_equal_wire(const struct pen_wire *a, const struct pen_wire *b)
{
	assert_int_equal(a->align, b->align);
	assert_int_equal(a->min, b->min);
	assert_int_equal(a->is_block, b->is_block);
}

static void expect_equal_type(const struct pen_type *a, const struct pen_type *b, unsigned depth)
{
	if (a == b || depth > DEPTH_MAX)
		return;
	assert_int_equal(a->kind, b->kind);
	expect_equal_text(a->name, b->name);
	assert_int_equal(a->size, b->size);
	for (size_t i = 0; i < PEN_N_TRANSFERS; i++)
		expect_equal_wire(&a->wire[i], &b->wire[i]);
	assert_int_equal(!a->range, !b->range);
	if (a->range)
		assert_memory_equal(a->range, b->range, sizeof(*a->range));
	assert_int_equal(a->is_conformant, b->is_conformant);
	assert_int_equal(a->pointer_kind, b->pointer_kind);
	assert_int_equal(a->enum_bits, b->enum_bits);
	assert_int_equal(a->arms_offset, b->arms_offset);
	expect_equal_expr(a->switch_is, b->switch_is);
	assert_int_equal(a->n_fields, b->n_fields);
	for (uint32_t i = 0; i < a->n_fields; i++)
		expect_equal_field(&a->fields[i], &b->fields[i], depth);
	assert_int_equal(a->n_dimensions, b->n_dimensions);
	for (uint32_t i = 0; i < a->n_dimensions; i++)
		expect_equal_dimension(&a->dimensions[i], &b->dimensions[i]);
	assert_int_equal(a->n_enumerators, b->n_enumerators);
	for (uint32_t i = 0; i < a->n_enumerators; i++) {
		assert_string_equal(a->enumerators[i].name, b->enumerators[i].name);
		assert_int_equal(a->enumerators[i].value, b->enumerators[i].value);
	}
	assert_int_equal(!a->element, !b->element);
	if (a->element)
		expect_equal_type(a->element, b->element, depth + 1);
	assert_int_equal(!a->tag, !b->tag);
	if (a->tag)
		expect_equal_type(a->tag, b->tag, depth + 1);
}

static void expect_equal_interface(const struct pen_interface *a, const struct pen_interface *b)
{
	assert_true(pen_syntax_id_equal(&a->id, &b->id));
	assert_int_equal(a->n_operations, b->n_operations);
	for (uint32_t i = 0; i < a->n_operations; i++) {
		expect_equal_text(a->operations[i].name, b->operations[i].name);
		assert_int_equal(a->operations[i].flags, b->operations[i].flags);
		if (!a->operations[i].name)
			continue;
		expect_equal_type(a->operations[i].in, b->operations[i].in, 0);
		expect_equal_type(a->operations[i].out, b->operations[i].out, 0);
	}
	assert_int_equal(a->n_endpoints, b->n_endpoints);
	for (uint32_t i = 0; i < a->n_endpoints; i++)
		assert_string_equal(a->endpoints[i], b->endpoints[i]);
}

static void test_run_time_is_build_time(void **state)
{
	static const struct {
		const char *path;
		const struct pen_interface *built;
	} files[] = {
		{ "idl/epm.idl", &epm_interface },
		{ "idl/mgmt.idl", &mgmt_interface },
		{ "idl/rpcecho.idl", &rpcecho_interface },
		{ "idl/srvsvc.idl", &srvsvc_interface },
	};

	for (size_t i = 0; i < PEN_COUNT(files); i++) {
		struct pen_idl *idl;
		size_t n;
		char *text = read_file(files[i].path, &n);

		assert_int_equal(pen_idl_new(&idl, NULL, NULL), 0);
		assert_int_equal(pen_idl_compile(idl, files[i].path, text, n), 0);
		free(text);
		assert_non_null(pen_idl_find(idl, files[i].built->name));
		expect_equal_interface(pen_idl_find(idl, files[i].built->name), files[i].built);
		pen_idl_free(idl);
	}
}

/* ---- the rest ---- */

static void test_interfaces(void **state)
{
	struct pen_idl *idl =
		compile("[uuid(12345678-1234-abcd-ef00-0123456789ab), version(2.5)] interface a"
			"{ long Add([in] long x, [in] long y); [local] void Here(); }"
			"[uuid(\"12345678-1234-abcd-ef00-0123456789ac\")] interface b {}",
			0);
	const struct pen_interface *a = pen_idl_find(idl, "a");

	assert_ptr_equal(a, pen_idl_interface(idl, 0));
	assert_ptr_equal(pen_idl_find(idl, "b"), pen_idl_interface(idl, 1));
	assert_null(pen_idl_interface(idl, 2));
	assert_null(pen_idl_find(idl, "c"));
	assert_int_equal(a->id.major, 2);
	assert_int_equal(a->id.minor, 5);
	assert_int_equal(a->n_operations, 2);
	assert_int_equal(a->operations[0].in->size, 8);
	assert_true(a->operations[0].out->fields[0].is_retval);
	assert_null(a->operations[1].name);
	assert_string_equal(pen_idl_diagnoses(idl), "");
	pen_idl_free(idl);
}

/* A top-level [ref] pointer is the value; other pointers are as they were said. */
/* Types that stand alone are found by their names; typedefs come before tags. */
static void test_types(void **state)
{
	struct pen_idl *idl = compile(
		"interface t { typedef struct A { long x; } B; typedef struct B_ { hyper y; } A;"
		"typedef enum { RED } COLOUR; typedef union switch (long k) { case 1: long n; } U;"
		"typedef [switch_type(long)] union { [case(1)] long n; } V;"
		"typedef struct { void *any; } W; }",
		0);
	size_t n = 0;

	while (pen_idl_type(idl, n))
		n++;
	assert_int_equal(n, 4);
	assert_string_equal(pen_idl_find_type(idl, "B")->fields[0].name, "x");
	assert_string_equal(pen_idl_find_type(idl, "A")->fields[0].name, "y");
	assert_string_equal(pen_idl_find_type(idl, "B_")->fields[0].name, "y");
	assert_int_equal(pen_idl_find_type(idl, "COLOUR")->kind, PEN_ENUM);
	assert_int_equal(pen_idl_find_type(idl, "U")->kind, PEN_UNION);
	assert_null(pen_idl_find_type(idl, "V"));
	assert_null(pen_idl_find_type(idl, "W"));
	assert_null(pen_idl_find_type(idl, "nothing"));
	pen_idl_free(idl);
}

static void test_pointers(void **state)
{
	struct pen_idl *idl = compile(
		"[uuid(12345678-1234-abcd-ef00-0123456789ab), pointer_default(ptr)] interface a {"
		"typedef [string] char *TEXT;"
		"void F([in] long *a, [in, unique] long *b, [in] long **c, [in] TEXT d,"
		"       [in, unique] TEXT e, [in, size_is(*a)] long *f, [out] TEXT *g); }",
		0);
	const struct pen_operation *f = &pen_idl_find(idl, "a")->operations[0];
	const struct pen_field *in = f->in->fields;

	assert_ptr_equal(in[0].type, &pen_type_i32);
	assert_int_equal(in[1].type->kind, PEN_POINTER);
	assert_int_equal(in[1].type->pointer_kind, PEN_UNIQUE);
	assert_int_equal(in[2].type->kind, PEN_POINTER);
	assert_int_equal(in[2].type->pointer_kind, PEN_FULL);
	assert_int_equal(in[3].type->kind, PEN_STRING);
	assert_int_equal(in[4].type->pointer_kind, PEN_UNIQUE);
	assert_int_equal(in[4].type->element->kind, PEN_STRING);
	assert_int_equal(in[5].type->kind, PEN_ARRAY);
	assert_int_equal(in[5].type->dimensions[0].size_is[0].op, PEN_EXPR_IN);
	assert_int_equal(f->out->fields[0].type->pointer_kind, PEN_FULL);
	pen_idl_free(idl);
}

static void test_diagnoses(void **state)
{
	expect_diagnosis("void F([in] NOSUCH a);", "test.idl:1:72: there is no type \"NOSUCH\"");
	expect_diagnosis("void F([in, colour] long a);", "there is no attribute \"colour\"");
	expect_diagnosis("typedef struct { long a } S;", "expected ;, not \"}\"");
	expect_diagnosis("const long A = 0x10000000000000000;", "not a number of 64 bits");
	expect_diagnosis("import \"x.idl\";", "there is no file \"x.idl\" to import");
}

/* A based interface has the operations of its base first, by its own id. */
static void test_base(void **state)
{
	struct pen_idl *idl = compile(
		"[uuid(12345678-1234-abcd-ef00-0123456789ab)] interface a { void A([in] long x); }"
		"[uuid(12345678-1234-abcd-ef00-0123456789ac)] interface b : a { void B(void); }"
		"[uuid(12345678-1234-abcd-ef00-0123456789ad)] interface c : b { void C(void); }",
		0);
	const struct pen_interface *c = pen_idl_find(idl, "c");

	assert_int_equal(c->n_operations, 3);
	assert_string_equal(c->operations[0].name, "A");
	assert_string_equal(c->operations[1].name, "B");
	assert_string_equal(c->operations[2].name, "C");
	assert_int_equal(c->operations[0].in->size, 4);
	assert_int_equal(c->id.uuid.node[5], 0xad);
	pen_idl_free(idl);
}

/* What cannot be sent is an error where an operation would send it, and nowhere else. */
static void test_unsent(void **state)
{
	static const char text[] = "[uuid(12345678-1234-abcd-ef00-0123456789ab)] interface a {"
				   "typedef struct { void *p; } UNSENT;"
				   "typedef struct { UNSENT *u; } AROUND;"
				   "void A([in] long x);"
				   "%s void B([in] AROUND *x); }";
	char with[512];
	struct pen_idl *idl;

	snprintf(with, sizeof(with), text, "[local]");
	idl = compile(with, 0);
	assert_null(pen_idl_find(idl, "a")->operations[1].name);
	pen_idl_free(idl);

	snprintf(with, sizeof(with), text, "");
	idl = compile(with, PEN_E_SYNTAX);
	assert_non_null(strstr(pen_idl_diagnoses(idl), "a pointer to nothing"));
	assert_non_null(strstr(pen_idl_diagnoses(idl), "note: \"B\" needs it"));
	pen_idl_free(idl);

	assert_int_equal(pen_idl_new(&idl, NULL, NULL), 0);
	pen_idl_allow_partial(idl);
	assert_int_equal(pen_idl_compile(idl, "test.idl", with, strlen(with)), 0);
	assert_non_null(strstr(pen_idl_diagnoses(idl), "warning: a pointer to nothing"));
	assert_string_equal(pen_idl_find(idl, "a")->operations[0].name, "A");
	assert_null(pen_idl_find(idl, "a")->operations[1].name);
	pen_idl_free(idl);
}

/* Object interfaces are no interfaces to call, but have tables, and others send what they hold. */
static void test_object(void **state)
{
	struct pen_idl *idl = compile(
		"[object, uuid(12345678-1234-abcd-ef00-0123456789ab)] interface IThing {"
		"typedef struct { long a; } POD; long F([in] IThing *other); }"
		"[uuid(12345678-1234-abcd-ef00-0123456789ac)] interface a { void A([in] POD *x); }"
		"[uuid(12345678-1234-abcd-ef00-0123456789ad)] coclass C { interface IThing; }",
		0);

	assert_true(pen_idl_interface(idl, 0)->is_object);
	assert_string_equal(pen_idl_interface(idl, 0)->operations[0].in->fields[0].name,
			    "orpcthis");
	assert_string_equal(pen_idl_interface(idl, 1)->name, "a");
	assert_null(pen_idl_interface(idl, 2));
	pen_idl_free(idl);
}

static int import_point(void *data, const char *name, struct pen_arena *arena,
			struct pen_slice *textp)
{
	static const char text[] = "typedef struct { long x, y[2]; } POINT; typedef POINT *PPOINT;";

	*textp = (struct pen_slice){ .data = (const uint8_t *)text, .size = sizeof(text) - 1 };
	return 0;
}

/* A type that an imported file has too is the same one if it says the same, else an error. */
static void test_again(void **state)
{
	static const struct {
		const char *text;
		int expected;
	} files[] = {
		{ "import \"a.idl\"; typedef struct { long x; long y[2]; } POINT, *PPOINT;", 0 },
		{ "import \"a.idl\"; typedef struct { long x; long y[3]; } POINT;", PEN_E_SYNTAX },
		{ "import \"a.idl\"; typedef struct { long x; short y[2]; } POINT;", PEN_E_SYNTAX },
		{ "import \"a.idl\"; typedef struct { long y; long x[2]; } POINT;", PEN_E_SYNTAX },
		{ "import \"a.idl\"; typedef long POINT;", PEN_E_SYNTAX },
	};

	for (size_t i = 0; i < PEN_COUNT(files); i++) {
		struct pen_idl *idl;

		assert_int_equal(pen_idl_new(&idl, import_point, NULL), 0);
		assert_int_equal(
			pen_idl_compile(idl, "test.idl", files[i].text, strlen(files[i].text)),
			files[i].expected);
		if (files[i].expected)
			assert_non_null(strstr(pen_idl_diagnoses(idl),
					       "a.idl:1:34: note: first defined here"));
		pen_idl_free(idl);
	}
}

/* A preprocessor's marks say where a line was before. */
static void test_markers(void **state)
{
	struct pen_idl *idl = compile("# 1 \"main.idl\"\n# 40 \"other.h\" 1\n\ntypedef NONE A;\n"
				      "# 7 \"main.idl\" 2\n  typedef NONE B;\n",
				      PEN_E_SYNTAX);

	assert_non_null(strstr(pen_idl_diagnoses(idl), "other.h:41:9: there is no type"));
	assert_non_null(strstr(pen_idl_diagnoses(idl), "main.idl:7:11: there is no type"));
	pen_idl_free(idl);
}

/* Whatever nests is refused where it nests too deep. */
static void test_depth(void **state)
{
	static const char *const nests[] = {
		"const long A = ", "typedef struct { ", "const long A = ",  "typedef long ",
		"typedef long (*", "namespace N { ",	"interface I : A<", "const long A = ",
	};
	static const char *const units[] = { "(",	    "struct { ",      "(long)", "(*",
					     "(*)(long (*", "namespace N { ", "B<",	"- ~" };
	static char text[8192];

	for (size_t i = 0; i < PEN_COUNT(nests); i++) {
		struct pen_idl *idl;

		strcpy(text, nests[i]);
		for (size_t k = 0; k < 500; k++)
			strcat(text, units[i]);
		idl = compile(text, PEN_E_SYNTAX);
		assert_non_null(strstr(pen_idl_diagnoses(idl), "more than 64 deep"));
		pen_idl_free(idl);
	}
}

static void test_failed_allocations(void **state)
{
	size_t n_text;
	char *text = read_file("idl/rpcecho.idl", &n_text);
	int r;

	for (size_t n = 1;; n++) {
		struct pen_idl *idl = NULL;

		pen_fail_at(n);
		r = pen_idl_new(&idl, NULL, NULL);
		if (!r)
			r = pen_idl_compile(idl, "rpcecho.idl", text, n_text);
		if (!pen_fail_hit()) {
			assert_int_equal(r, 0);
			pen_idl_free(idl);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		assert_string_equal(idl ? pen_idl_diagnoses(idl) : "", "");
		pen_idl_free(idl);
	}
	free(text);
}

/* The same with what rpcecho does not have. */
static void test_failed_allocations_everywhere(void **state)
{
	static const char text[] =
		"# 3 \"a.idl\"\n[object, uuid(12345678-1234-abcd-ef00-0123456789ab)] interface "
		"IThing;\n"
		"namespace N.M { enum E { A = 1 + 2 }; struct P { float f; };\n"
		"interface L<T> : IThing requires IThing { long F([in] L<L<P>> *p); }\n"
		"delegate long D<T>([in] T x); runtimeclass R { interface L<P>; } }\n"
		"typedef [wire_marshal(long)] void *W; typedef pipe byte BYTES;\n"
		"const char *TEXT = \"a\" \"b\"; const double X = 1.5 * (long)2;\n"
		"[uuid(12345678-1234-abcd-ef00-0123456789ac), implicit_handle(handle_t h)] "
		"interface a {\n"
		"typedef struct { long (*call)(W w, SAFEARRAY(long) l); long b : 3; } CALLS;\n"
		"void A([in] N.M.P *p); void B([in] CALLS *c); [callback] void C([in] BYTES b); "
		"}\n";
	static const char acf[] = "[auto_handle] interface a { typedef [allocate(x)] W; "
				  "[async] A([byte_count(n)] p); }";
	int r;

	for (size_t n = 1;; n++) {
		struct pen_idl *idl = NULL;

		pen_fail_at(n);
		r = pen_idl_new(&idl, NULL, NULL);
		if (!r) {
			pen_idl_allow_partial(idl);
			r = pen_idl_set_acf(idl, "a.acf", acf, strlen(acf));
		}
		if (!r)
			r = pen_idl_compile(idl, "a.idl", text, strlen(text));
		if (!pen_fail_hit()) {
			assert_int_equal(r, PEN_E_SYNTAX); /* an ACF that contradicts, in the end */
			assert_non_null(strstr(pen_idl_diagnoses(idl), "implicit or automatic"));
			pen_idl_free(idl);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		pen_idl_free(idl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_time_is_build_time),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_diagnoses),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_unsent),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_failed_allocations_everywhere),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
