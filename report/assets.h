/* The files of report/assets/, embedded when the program is built (tools/assets). */
#ifndef DC_REPORT_ASSETS_H
#define DC_REPORT_ASSETS_H

extern const char asset_sequence_css[], asset_page_css[], asset_page_js[];

#endif
