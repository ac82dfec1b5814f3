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

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MEMORY "tmp/memory"

static int file = -1;

struct memory *memory(void)
{
	void *p;

	file = open(MEMORY, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0 || ftruncate(file, sizeof(struct memory))) {
		perror(MEMORY);
		exit(1);
	}
	p = mmap(NULL, sizeof(struct memory), PROT_READ | PROT_WRITE,
		 MAP_SHARED, file, 0);
	if (p == MAP_FAILED) {
		perror(MEMORY);
		exit(1);
	}
	return p;
}

/* The kernel gives the lock back when its holder dies. */
void memory_lock(void)
{
	while (flock(file, LOCK_EX))
		;
}

void memory_unlock(void)
{
	flock(file, LOCK_UN);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

uint64_t memory_started(struct memory *m)
{
	struct timespec t;
	uint64_t started;

	memory_lock();
	if (!m->started) {
		clock_gettime(CLOCK_REALTIME, &t);
		m->started = t.tv_sec * 1000000000ull + t.tv_nsec;
	}
	started = m->started;
	memory_unlock();
	return started;
}

uint64_t memory_count(struct memory *m)
{
	struct run *run = &m->run[(m->runs - 1) % RUNS];
	uint64_t counter, now;

	memory_lock();
	now = now_ms();
	if (!m->runs || now - run->last > GAP_MS) {
		run = &m->run[m->runs++ % RUNS];
		*run = (struct run){ .first = now };
	}
	run->last = now;
	run->count++;
	counter = ++m->counter;
	memory_unlock();
	return counter;
}

void memory_print_runs(const struct memory *m)
{
	uint64_t i = m->runs > RUNS ? m->runs - RUNS : 0;

	for (; i < m->runs; i++) {
		const struct run *run = &m->run[i % RUNS];

		printf("%llu %llu %llu\n", (unsigned long long)run->first,
		       (unsigned long long)run->last,
		       (unsigned long long)run->count);
	}
	printf("now %llu\n", (unsigned long long)now_ms());
}
