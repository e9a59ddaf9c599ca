// The emoji names that chat and status messages use, as the characters every system font has.

const BY_GROUP = {
  Often:
    'white_check_mark ✅ heavy_check_mark ✔️ eyes 👀 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 tada 🎉 rocket 🚀 fire 🔥 heart ❤️ pray 🙏 clap 👏 wave 👋 raised_hands 🙌 100 💯 x ❌ warning ⚠️ rotating_light 🚨 bug 🐛 ship 🚢 shipit 🐿️ hammer_and_wrench 🛠️ sparkles ✨ zap ⚡ thinking_face 🤔 joy 😂 sweat_smile 😅 ok_hand 👌 muscle 💪 bulb 💡',
  Status:
    'hourglass ⌛ hourglass_flowing_sand ⏳ arrows_counterclockwise 🔄 repeat 🔁 stop_button ⏹️ octagonal_sign 🛑 no_entry ⛔ no_entry_sign 🚫 red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪ black_circle ⚫ heavy_plus_sign ➕ heavy_minus_sign ➖ heavy_multiplication_x ✖️ question ❓ exclamation ❗ bangbang ‼️ information_source ℹ️ ballot_box_with_check ☑️ negative_squared_cross_mark ❎ white_large_square ⬜ black_large_square ⬛ large_green_square 🟩 large_red_square 🟥 large_yellow_square 🟨 checkered_flag 🏁 triangular_flag_on_post 🚩 new 🆕 fast_forward ⏩ rewind ⏪ pause_button ⏸️ arrow_forward ▶️ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrow_right_hook ↪️ leftwards_arrow_with_hook ↩️ twisted_rightwards_arrows 🔀 one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣',
  Work: 'hammer 🔨 wrench 🔧 gear ⚙️ nut_and_bolt 🔩 toolbox 🧰 test_tube 🧪 microscope 🔬 package 📦 computer 💻 desktop_computer 🖥️ keyboard ⌨️ robot_face 🤖 memo 📝 pencil ✏️ pencil2 ✏️ page_facing_up 📄 clipboard 📋 file_folder 📁 open_file_folder 📂 card_file_box 🗃️ wastebasket 🗑️ scissors ✂️ paperclip 📎 link 🔗 pushpin 📌 round_pushpin 📍 mag 🔍 mag_right 🔎 lock 🔒 unlock 🔓 key 🔑 shield 🛡️ bell 🔔 no_bell 🔕 mega 📣 speech_balloon 💬 thought_balloon 💭 left_speech_bubble 🗨️ incoming_envelope 📨 email 📧 inbox_tray 📥 outbox_tray 📤 calendar 📅 spiral_calendar_pad 🗓️ stopwatch ⏱️ alarm_clock ⏰ clock3 🕒 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 camera 📷 camera_with_flash 📸 frame_with_picture 🖼️ art 🎨 construction 🚧 construction_worker 👷 building_construction 🏗️ broom 🧹 recycle ♻️ globe_with_meridians 🌐 electric_plug 🔌 battery 🔋 satellite_antenna 📡 thread 🧵 yarn 🧶 sewing_needle 🪡 label 🏷️ bookmark 🔖 books 📚 moneybag 💰 credit_card 💳 shopping_trolley 🛒',
  People:
    'smile 😄 smiley 😃 grinning 😀 grin 😁 slightly_smiling_face 🙂 wink 😉 blush 😊 sunglasses 😎 nerd_face 🤓 hugging_face 🤗 neutral_face 😐 expressionless 😑 face_with_rolling_eyes 🙄 confused 😕 slightly_frowning_face 🙁 cry 😢 sob 😭 scream 😱 exploding_head 🤯 sleeping 😴 zzz 💤 face_with_monocle 🧐 face_palm 🤦 shrug 🤷 point_up ☝️ point_right 👉 point_left 👈 point_down 👇 v ✌️ crossed_fingers 🤞 handshake 🤝 writing_hand ✍️ brain 🧠 ghost 👻 skull 💀 alien 👽 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊',
  Things:
    'star ⭐ star2 🌟 sunny ☀️ cloud ☁️ umbrella ☂️ snowflake ❄️ rainbow 🌈 seedling 🌱 evergreen_tree 🌲 four_leaf_clover 🍀 blossom 🌼 coffee ☕ tea 🍵 beer 🍺 bread 🍞 croissant 🥐 baguette_bread 🥖 bagel 🥯 cake 🍰 birthday 🎂 cookie 🍪 pizza 🍕 apple 🍎 balloon 🎈 gift 🎁 trophy 🏆 medal 🏅 dart 🎯 game_die 🎲 musical_note 🎵 earth_africa 🌍 moon 🌙 crescent_moon 🌙 dog 🐶 cat 🐱 turtle 🐢 snail 🐌 bee 🐝 ladybug 🐞 penguin 🐧 unicorn_face 🦄 house 🏠 car 🚗 airplane ✈️ anchor ⚓ purple_heart 💜 blue_heart 💙 green_heart 💚 yellow_heart 💛 broken_heart 💔 sos 🆘 lab_coat 🥼 candle 🕯️ dna 🧬 magnet 🧲 compass 🧭 world_map 🗺️',
};

/** @type {[group: string, emoji: [name: string, glyph: string][]][]} Groups for the picker, in order. */
export const EMOJI_GROUPS = Object.entries(BY_GROUP).map(([group, list]) => {
  const words = list.split(' ');
  /** @type {[string, string][]} */
  const pairs = [];
  for (let i = 0; i + 1 < words.length; i += 2) pairs.push([words[i] ?? '', words[i + 1] ?? '']);
  return [group, pairs];
});

const BY_NAME = new Map(EMOJI_GROUPS.flatMap(([, pairs]) => pairs));

/**
 * The character for an emoji's name, or null when the map does not have it.
 * @param {string} name
 */
export function emojiFor(name) {
  return BY_NAME.get(name) ?? null;
}
