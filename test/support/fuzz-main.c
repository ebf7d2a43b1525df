/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: over each file of its corpus, then over
 * a number of mutations of them. The same numbers come every time.
 *
 *	fuzz-target N CORPUS-DIRECTORY
 *	fuzz-target FILE             (to see again what a long run found)
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 65536, SEEDS_MAX = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint8_t *data;
	size_t size;
} seeds[SEEDS_MAX];
static size_t n_seeds;
static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return limit ? (uint32_t)(random_state >> 32) % limit : 0;
}

static void add_seed(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file || n_seeds == SEEDS_MAX) {
		if (file)
			fclose(file);
		return;
	}
	seeds[n_seeds].data = malloc(INPUT_MAX);
	seeds[n_seeds].size = fread(seeds[n_seeds].data, 1, INPUT_MAX, file);
	n_seeds++;
	fclose(file);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_seeds(const char *directory)
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, NULL, compare_names);
	char path[4096];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			add_seed(path);
		free(entries[i]);
	}
	free(entries);
}

static void run(const uint8_t *data, size_t size)
{
	/* A copy of the exact size, so that the sanitizer sees a read past it. */
	uint8_t *copy = malloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t mutate(uint8_t *data, size_t size)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
	uint32_t at = random_below((uint32_t)size);

	switch (random_below(6)) {
	case 0:
		return random_below((uint32_t)size + 1);
	case 1:
		if (size < INPUT_MAX)
			data[size++] = (uint8_t)random_below(256);
		break;
	case 2:
		if (size)
			data[at] ^= (uint8_t)(1u << random_below(8));
		break;
	case 3:
		if (size)
			data[at] = edges[random_below(sizeof(edges))];
		break;
	case 4:
		if (size) {
			memmove(data + at, data + at + 1, size - at - 1);
			size--;
		}
		break;
	default:
		if (size > 4 && at < size - 4)
			memset(data + at, edges[random_below(sizeof(edges))], 4);
		break;
	}
	return size;
}

int main(int argc, char **argv)
{
	static uint8_t data[INPUT_MAX];
	unsigned long n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;

	if (argc == 3)
		add_seeds(argv[2]);
	else if (argc == 2)
		add_seed(argv[1]);
	for (size_t i = 0; i < n_seeds; i++)
		run(seeds[i].data, seeds[i].size);
	for (unsigned long i = 0; i < n; i++) {
		size_t size = 0;

		if (n_seeds) {
			size_t seed = random_below((uint32_t)n_seeds);

			size = seeds[seed].size;
			memcpy(data, seeds[seed].data, size);
		}
		for (uint32_t k = random_below(8); k > 0; k--)
			size = mutate(data, size);
		run(data, size);
	}
	printf("%zu seeds, %lu mutations\n", n_seeds, n);
	for (size_t i = 0; i < n_seeds; i++)
		free(seeds[i].data);
	return 0;
}
