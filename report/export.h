/* A trace, or the verdicts of a run, in the formats of other tools (docs/reports.md). Every writer returns nothing:
 * errors stay in the stream, whoever opened it asks ferror. Nothing depends on time, host or the number of workers. */
#ifndef DC_REPORT_EXPORT_H
#define DC_REPORT_EXPORT_H

#include "report/report.h"

enum export_format {
    EXPORT_ITF,
    EXPORT_TLC,
    EXPORT_SHIVIZ,
    EXPORT_MERMAID,
    EXPORT_PLANTUML,
    EXPORT_SVG,
    EXPORT_SCENARIO
};
#define EXPORT_NAMES                                                                                                   \
    "itf (.itf.json), tlc (.tlc.json), shiviz (.shiviz, .log), mermaid (.mmd), plantuml (.puml), svg (.svg) and "      \
    "scenario (.scenario)"

/* By name, or if that is NULL by the end of the path. False: there is no such format. */
bool export_named(const char *name, const char *path, enum export_format *);
void export_trace(enum export_format, const struct report_check *, const struct report_trace *, FILE *);

void export_itf(const struct report_check *, const struct report_trace *, FILE *);
void export_tlc(const struct report_check *, const struct report_trace *, FILE *);
void export_shiviz(const struct report_check *, const struct report_trace *, FILE *);
void export_mermaid(const struct report_check *, const struct report_trace *, FILE *);
void export_plantuml(const struct report_check *, const struct report_trace *, FILE *);
void export_svg(const struct report_check *, const struct report_trace *, FILE *);
void export_scenario(const struct report_check *, const struct report_trace *, FILE *);

/* All checks of a run. */
void export_junit(const struct report_check *const *, uint32_t n, FILE *);
void export_sarif(const struct report_check *const *, uint32_t n, const char *version, FILE *);

/* Text inside XML and HTML: escaped, what is not allowed there replaced. */
void xml_text(FILE *, const char *);
void xml_bytes(FILE *, const char *, size_t n);

/* "Agreement (specs/paxos.dspec, check minority_quorums)" */
const char *export_title(struct arena *, const struct report_check *, const struct report_trace *);

/* Where a step or property stands. False: its source is not at hand. */
bool report_place(const struct report_check *, struct span, const char **path, struct place *from, struct place *to);

#endif
