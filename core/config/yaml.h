/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - YAML 1.1 (or JSON) text to a tree. */
#ifndef SL_CONFIG_YAML_H
#define SL_CONFIG_YAML_H

#include "config/load.h"

#define SL_YAML_DEPTH 64     /* deeper nesting is refused */
#define SL_YAML_NODES 200000 /* values in one file, each use of an alias counted in full */
#define SL_YAML_MEMBERS 4096 /* keys of one map */

/* One document. text must outlive the call only. What is wrong goes to the load's report; NULL
 * then. An empty document is an error. */
struct sl_node *sl_yaml_read(struct sl_load *l, sluice_span file, sluice_span text);

#endif
