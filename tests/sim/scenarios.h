/* SPDX-License-Identifier: Apache-2.0 */
/* scenarios.h - what is shown, and how it is judged. */
#ifndef SIM_SCENARIOS_H
#define SIM_SCENARIOS_H

#include "world.h"

/* A row of the table: what, the figure, and the range it must be in. */
void expect(const char *what, double figure, double least, double most);
/* The same without a verdict. */
void note(const char *what, double figure);
void heading(const char *text);

extern const char *sim_plugins; /* the folder */

void shares(void);  /* who gets how much */
void usage(void);   /* limits and prices */
void latency(void); /* who is fast */
void tails(void);   /* the slow hundredth */
void outage(void);  /* when the primary is down */

/* Serve functions that several scenarios use. */
struct answer sim_steady(struct world *w, size_t deployment); /* around the vendor's median */
struct answer sim_exact(struct world *w, size_t deployment);  /* just the median */

#endif
