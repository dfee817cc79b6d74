<?php
// A plugin with permalinks in the form of the site: /newstream/<seconds since 1970>-<number>/<slug>/. The first part is a
// meta value of the post.
add_action('init', function () {
    add_rewrite_tag('%item%', '(\d{10}-\d+)', 'item=');
});
add_filter('post_link', function ($link, $post) {
    return str_replace('%item%', (string) get_post_meta($post->ID, 'item', true), $link);
}, 10, 2);
