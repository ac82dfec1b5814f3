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
#pragma once

/*
 * The application's state as a whole:
 *   vnf-state 1 COUNTER NOTE_SIZE TABLE_SIZE\n   one line, then the bytes of
 *   the note                                     which is kept on the disk
 *   the table of flows                           which lies in memory only
 * The table is never written to: a new one takes the old one's place, so
 * that who reads the old one needs no lock.
 */
#include <stddef.h>
#include <stdint.h>

#define NOTE_MAX 8192
#define KIB_MIN 512
#define KIB_MAX 51200

struct state {
	uint64_t counter;
	char head[96];
	size_t head_size;
	char note[NOTE_MAX];
	size_t note_size;
	const char *table;
	size_t table_size;
	/* the seconds that the application stood still */
	double pause;
};

/* A state on its way in: nothing of it counts before it is put. */
struct staged {
	uint64_t counter;
	size_t head_size, note_size, table_size;
	char note[32], table[32];
};

/* Reads exactly n bytes and returns 0, or cannot. */
typedef int (*state_reader)(void *from, void *to, size_t n);

/* These return NULL, or an HTTP status and a sentence of what is wrong. */
/* Who holds the state keeps the memory locked until its process ends. */
const char *state_take(struct state *s, int hold);
const char *state_stage(struct staged *s, state_reader reader, void *from,
			size_t size);
const char *state_put(struct staged *s, const char *sender,
		      const char *digest);
const char *state_fill(const char *kib);
/* The file of the new note takes the old one's place. */
int state_note(void);
void state_drop(struct staged *s);
