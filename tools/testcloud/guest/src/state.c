/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */

#include "memory.h"
#include "state.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NOTE_FOLDER "var/lib"
#define NOTE NOTE_FOLDER "/note"
#define TABLE "tmp/table"
#define HEAD "vnf-state 1 %llu %zu %zu\n"
#define NO_ROOM "507 the state does not fit in the memory or on the disk"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Keep what cannot change while it is sent: the note by its bytes, the table
 * by its mapping, which outlives its name. */
static int keep(struct state *s, int note, int table)
{
	ssize_t n = note < 0 ? 0 : read(note, s->note, NOTE_MAX);
	off_t size = table < 0 ? 0 : lseek(table, 0, SEEK_END);

	if (n < 0 || size < 0)
		return -1;
	s->note_size = n;
	s->table_size = size;
	if (!size)
		return 0;
	s->table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, table, 0);
	return s->table == MAP_FAILED ? -1 : 0;
}

const char *state_take(struct state *s, int hold)
{
	struct memory *m = memory();
	int note, table;
	double start;

	memory_lock();
	start = seconds();
	s->counter = m->counter;
	note = open(NOTE, O_RDONLY);
	table = open(TABLE, O_RDONLY);
	s->pause = seconds() - start;
	if (!hold)
		memory_unlock();
	if (keep(s, note, table))
		return "500 the state cannot be read";
	s->head_size = sprintf(s->head, HEAD, (unsigned long long)s->counter,
			       s->note_size, s->table_size);
	return NULL;
}

static int write_all(int fd, const void *data, size_t n)
{
	while (n) {
		ssize_t some = write(fd, data, n);

		if (some <= 0)
			return -1;
		data = (const char *)data + some;
		n -= some;
	}
	return 0;
}

static const char *read_head(struct staged *s, state_reader reader,
			     void *from)
{
	char line[96], again[96];
	unsigned long long counter;
	size_t n = 0;

	do {
		if (reader(from, line + n, 1))
			return "400 body: ends before the state does";
	} while (line[n++] != '\n' && n < sizeof(line) - 1);
	line[n] = 0;
	if (sscanf(line, HEAD, &counter, &s->note_size, &s->table_size) != 3)
		return "400 state: its first line must be"
		       " \"vnf-state 1 COUNTER NOTE_SIZE TABLE_SIZE\"";
	/* sscanf is lenient: what it read has to be what was written */
	s->head_size = snprintf(again, sizeof(again), HEAD, counter,
				s->note_size, s->table_size);
	if (strcmp(line, again))
		return "400 state: its numbers must be plain and whole";
	if (s->note_size > NOTE_MAX)
		return "400 state: NOTE_SIZE must be 8192 at most";
	s->counter = counter;
	return NULL;
}

static const char *copy(state_reader reader, void *from, int to, size_t n)
{
	static char data[65536];

	while (n) {
		size_t some = n < sizeof(data) ? n : sizeof(data);

		if (reader(from, data, some))
			return "400 body: ends before the state does";
		if (write_all(to, data, some))
			return NO_ROOM;
		n -= some;
	}
	return NULL;
}

/* Remove what a dead process left half written: it would fill the memory. */
static void sweep(const char *pattern)
{
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		int pid = atoi(strrchr(found.gl_pathv[i], '.') + 1);

		if (pid > 0 && kill(pid, 0))
			unlink(found.gl_pathv[i]);
	}
	globfree(&found);
}

static int fresh(char *path, size_t size, const char *name)
{
	sweep(NOTE ".*");
	sweep(TABLE ".*");
	snprintf(path, size, "%s.%d", name, (int)getpid());
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
}

const char *state_stage(struct staged *s, state_reader reader, void *from,
			size_t size)
{
	int note_fd = fresh(s->note, sizeof(s->note), NOTE);
	int table_fd = fresh(s->table, sizeof(s->table), TABLE);
	const char *wrong;

	if (note_fd < 0 || table_fd < 0)
		return NO_ROOM;
	wrong = read_head(s, reader, from);
	if (wrong)
		return wrong;
	if (s->table_size > KIB_MAX * 1024ul ||
	    s->head_size + s->note_size + s->table_size != size)
		return "400 state: TABLE_SIZE must fit Content-Length";
	wrong = copy(reader, from, note_fd, s->note_size)
		?: copy(reader, from, table_fd, s->table_size);
	if (!wrong && fsync(note_fd))
		wrong = NO_ROOM;
	close(note_fd);
	close(table_fd);
	return wrong;
}

const char *state_put(struct staged *s, const char *sender,
		      const char *digest)
{
	struct memory *m = memory();
	int failed, folder = open(NOTE_FOLDER, O_RDONLY);

	memory_lock();
	failed = rename(s->note, NOTE) || rename(s->table, TABLE);
	if (!failed) {
		m->counter = s->counter;
		strcpy(m->sender, sender);
		strcpy(m->imported, digest);
	}
	memory_unlock();
	/* Whoever is told that the state is in may cut the power. */
	fsync(folder);
	close(folder);
	return failed ? "500 the state cannot be replaced" : NULL;
}

void state_drop(struct staged *s)
{
	unlink(s->note);
	unlink(s->table);
}

static int fill(int fd, long kib)
{
	struct timespec t;
	uint64_t x, data[128];
	size_t i;

	clock_gettime(CLOCK_REALTIME, &t);
	x = t.tv_sec * 1000000000ull + t.tv_nsec;
	while (kib--) {
		/* Marsaglia's xorshift: does not compress */
		for (i = 0; i < 128; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			data[i] = x;
		}
		if (write_all(fd, data, sizeof(data)))
			return -1;
	}
	return 0;
}

int state_note(void)
{
	int failed;

	memory();
	memory_lock();
	failed = rename(NOTE ".new", NOTE);
	memory_unlock();
	return failed;
}

const char *state_fill(const char *kib)
{
	char path[32], *end;
	long size = strtol(kib, &end, 10);
	int fd;

	if (*end || size < KIB_MIN || size > KIB_MAX)
		return "400 flows: KIB must be a whole number, 512 to 51200";
	fd = fresh(path, sizeof(path), TABLE);
	if (fd < 0 || fill(fd, size)) {
		unlink(path);
		return NO_ROOM;
	}
	memory();
	memory_lock();
	rename(path, TABLE);
	memory_unlock();
	return NULL;
}
