const list = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Properties of the 2.0 card outside its elements. */
export const cardProperties = {
  root: list('schema config card_link header body'),
  config: list(
    'streaming_mode streaming_config summary locales enable_forward update_multi width_mode use_custom_translation enable_forward_interaction style',
  ),
  header: list('title subtitle text_tag_list i18n_text_tag_list template icon padding'),
  body: list(
    'direction padding horizontal_spacing horizontal_align vertical_spacing vertical_align elements element_id',
  ),
};

/** Properties any element may carry. */
export const commonProperties = list('tag element_id margin');

const layout =
  'direction horizontal_spacing horizontal_align vertical_spacing vertical_align padding elements';
const text = list('content text_size text_color text_align lines i18n_content');

/** Properties by tag. A tag that maps to undefined is allowed, but its properties are not checked here. */
export const elementProperties: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map([
  ['markdown', list('content text_size text_align text_color icon i18n_content')],
  ['plain_text', text],
  ['lark_md', text],
  ['div', list('text icon width fields')],
  ['hr', list('')],
  ['img', list('img_key alt title corner_radius scale_type size transparent preview mode')],
  ['img_combination', list('combination_mode corner_radius img_list combination_transparent')],
  ['person', list('user_id size show_avatar show_name style')],
  ['person_list', list('persons lines show_name show_avatar size drop_invalid_user_id icon ud_icon')],
  [
    'button',
    list(
      'type size width height text icon hover_tips disabled disabled_tips confirm behaviors name required form_action_type',
    ),
  ],
  ['column_set', list('horizontal_spacing horizontal_align columns flex_mode background_style action')],
  ['column', list(`width weight background_style action behaviors ${layout}`)],
  ['collapsible_panel', list(`expanded background_color header border ${layout}`)],
  ['form', list(`name confirm fallback ${layout}`)],
  [
    'interactive_container',
    list(
      `width height background_style has_border border_color corner_radius behaviors hover_tips disabled disabled_tips confirm ${layout}`,
    ),
  ],
  ['table', list('page_size row_height row_max_height freeze_first_column header_style columns rows')],
  ['chart', list('aspect_ratio color_theme chart_spec preview height')],
  ...[
    'input select_static multi_select_static select_person multi_select_person overflow checker date_picker',
    'picker_time picker_datetime select_img audio standard_icon custom_icon text_tag repeat',
  ]
    .flatMap((line) => line.split(' '))
    .map((tag): [string, undefined] => [tag, undefined]),
]);

/** Tags of schema 1.0 that schema 2.0 refuses by name (200861). */
export const withdrawnTags = list('note action fallback');

/** Chart types the chart component documents. */
export const chartTypes = list(
  'line area bar pie common funnel scatter radar wordCloud linearProgress circularProgress',
);
