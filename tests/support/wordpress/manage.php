<?php
// Carries out the commands that a test sends as JSON, and answers with JSON: one value for each command.
$commands = json_decode(stream_get_contents(STDIN), true, 64, JSON_THROW_ON_ERROR);
$_SERVER['HTTP_HOST'] = parse_url(getenv('WORDPRESS_URL'), PHP_URL_HOST) . ':' . parse_url(getenv('WORDPRESS_URL'), PHP_URL_PORT);
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
if ($commands[0]['command'] === 'install') {
    define('WP_INSTALLING', true);
}
require $_SERVER['DOCUMENT_ROOT'] = getenv('WORDPRESS_FILES') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/taxonomy.php';
wp_set_current_user(1);

function install(array $given): array
{
    // Otherwise the installation asks the server for its own pages, and sends mail.
    add_filter('pre_wp_mail', '__return_true');
    add_filter('pre_http_request', fn() => new WP_Error('blocked', 'not in tests'));
    $done = wp_install($given['title'], 'admin', 'admin@site.test', true, '', 'password');
    // The first post, page and comment of every installation.
    wp_delete_post(1, true);
    wp_delete_post(2, true);
    foreach ($given['options'] as $name => $value) {
        update_option($name, $value);
    }
    return ['user' => $done['user_id']];
}

function category(array $given): int
{
    return wp_insert_category(['cat_name' => $given['name'], 'category_nicename' => $given['slug']], true);
}

function image(array $given): int
{
    $id = wp_insert_attachment(
        ['post_title' => $given['title'], 'post_excerpt' => $given['caption'], 'post_mime_type' => 'image/jpeg', 'post_status' => 'inherit'],
        "2024/12/{$given['file']}",
    );
    wp_update_attachment_metadata($id, ['width' => 800, 'height' => 600, 'file' => "2024/12/{$given['file']}", 'sizes' => []]);
    return $id;
}

function post(array $given): array
{
    $id = wp_insert_post(wp_slash([
        'ID' => $given['post'] ?? 0,
        'post_title' => $given['title'],
        'post_content' => $given['content'],
        'post_date' => $given['date'],
        'post_date_gmt' => $given['date'],
        'post_password' => $given['password'] ?? '',
        'post_category' => $given['categories'],
        'post_status' => 'publish',
        'meta_input' => ['item' => $given['item']],
    ]), true);
    if (is_wp_error($id)) {
        throw new RuntimeException($id->get_error_message());
    }
    if ($given['sticky'] ?? false) {
        stick_post($id);
    }
    return ['post' => $id, 'url' => get_permalink($id)];
}

function update(array $given): int
{
    return wp_update_post(wp_slash(['ID' => $given['post'], ...$given['values']]), true);
}

function delete(array $given): bool
{
    return (bool) wp_delete_post($given['post'], true);
}

function option(array $given): bool
{
    return update_option($given['name'], $given['value']);
}

function theme(array $given): string
{
    switch_theme($given['name']);
    return get_stylesheet();
}

function flush_rules(): int
{
    global $wp_rewrite;
    $wp_rewrite->init();
    $wp_rewrite->flush_rules(true);
    return count((array) get_option('rewrite_rules'));
}

// A post as WordPress shows it: its title, and the rendered content of all parts without the captions of images.
function rendered(array $given): array
{
    $GLOBALS['post'] = get_post($given['post']);
    setup_postdata($GLOBALS['post']);
    $shown = implode("\n", array_map(fn($page) => apply_filters('the_content', $page), $GLOBALS['pages']));
    $shown = preg_replace('~(<img[^>]*>\s*(?:</a>)?\s*(?:</div>)?)\s*<figcaption.*?</figcaption>~s', '$1', $shown);
    return ['title' => text(get_the_title()), 'text' => text($shown)];
}

function text(string $markup): string
{
    $spaced = preg_replace('~<(?=/?(?:p|br|h\d|li|ul|ol|td|th|tr|div|figure|figcaption|blockquote|cite|dt|dd)\b)~', ' <', $markup);
    return html_entity_decode(wp_strip_all_tags($spaced), ENT_QUOTES | ENT_HTML5);
}

$answers = [];
foreach ($commands as $command) {
    $answers[] = call_user_func($command['command'], $command);
}
echo "\n", json_encode($answers, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE), "\n";
