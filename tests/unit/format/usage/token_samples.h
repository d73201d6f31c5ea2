/* SPDX-License-Identifier: Apache-2.0 */
/* token_samples.h - short texts, as the inside of JSON strings, with the number of tokens that two
 * public vocabularies make of them. */
#ifndef TESTS_TOKEN_SAMPLES_H
#define TESTS_TOKEN_SAMPLES_H

/* clang-format off */
static const struct token_sample {
    const char *name;
    int o200k, cl100k;
    const char *text;
} token_samples[] = {
    { "English prose", 83, 83,
      "The ferry leaves the small harbour twice a day, early in the morning and again before supp"
      "er. People who live on the island know its captain by name, and when the weather turns bad"
      " he waits a little longer than the timetable allows. Nobody complains about that. Last win"
      "ter the sea was so rough that the boat stayed away for a whole week, and the baker gave aw"
      "ay bread because there was nothing else to do." },
    { "English, formal", 54, 54,
      "The undersigned hereby confirms that the information provided in this application is compl"
      "ete and correct to the best of their knowledge, and acknowledges that incomplete declarati"
      "ons may result in considerable delays during processing. Additional documentation regardin"
      "g financial circumstances shall be submitted within fourteen business days after receipt o"
      "f this notification." },
    { "C", 88, 87,
      "static int find(const struct table *t, const char *name, size_t len)\\n{\\n    for (size_t"
      " i = 0; i < t->count; i++) {\\n        const struct row *r = &t->rows[i];\\n\\n        if "
      "(r->len == len && memcmp(r->name, name, len) == 0)\\n            return (int)i;\\n    }\\n"
      "    return -1;\\n}\\n" },
    { "Python", 98, 97,
      "def total(orders, rate=0.19):\\n    \\\"\\\"\\\"Sum of all orders, tax included.\\\"\\\"\\\"\\n"
      "    result = 0.0\\n    for order in orders:\\n        if order.get('cancelled'):\\n       "
      "     continue\\n        result += order['price'] * order['count']\\n    return round(resul"
      "t * (1 + rate), 2)\\n\\n\\nif __name__ == '__main__':\\n    print(total([{'price': 12.5, '"
      "count': 3}]))\\n" },
    { "JSON", 89, 87,
      "{\\\"user\\\":{\\\"id\\\":48213,\\\"name\\\":\\\"Ada\\\",\\\"emails\\\":[\\\"ada@example.o"
      "rg\\\",\\\"a.k@example.com\\\"],\\\"active\\\":true},\\\"items\\\":[{\\\"sku\\\":\\\"KX-20"
      "-7\\\",\\\"qty\\\":3,\\\"price\\\":19.95},{\\\"sku\\\":\\\"PL-11-2\\\",\\\"qty\\\":1,\\\"p"
      "rice\\\":240.0}],\\\"note\\\":null,\\\"created\\\":\\\"2026-02-14T09:30:00Z\\\"}" },
    { "Markdown", 115, 113,
      "# Release notes\\n\\n## What is new\\n\\n- **Faster start**: the cache is filled while the"
      " first requests run.\\n- **Fewer files**: `config/` and `rules/` are one folder now.\\n\\n"
      "| version | date | breaking |\\n|---|---|---|\\n| 2.4.1 | 2026-03-02 | no |\\n| 2.5.0 | 20"
      "26-04-11 | yes |\\n\\nSee [the guide](https://example.org/guide) for how to move on.\\n" },
    { "German", 59, 88,
      "Der Bürgermeister erklärte gestern, dass die neue Brücke über den Fluss frühestens im"
      " nächsten Herbst eröffnet werden kann. Schuld daran seien Lieferschwierigkeiten beim Sta"
      "hl und ein ungewöhnlich langer Winter. Viele Anwohner ärgern sich über die Umleitung, d"
      "ie sie täglich eine halbe Stunde kostet." },
    { "French", 67, 79,
      "Le petit marché du village s'anime dès sept heures du matin. On y trouve des légumes de"
      " saison, du fromage de chèvre et, quand la pêche a été bonne, quelques poissons encore"
      " frétillants. La vieille dame qui vend les œufs connaît tout le monde et ne rend jamais"
      " la monnaie sans raconter une histoire." },
    { "Spanish", 63, 78,
      "Después de muchos años en la capital, decidió volver al pueblo donde había nacido. La "
      "casa de sus abuelos seguía en pie, aunque el tejado necesitaba reparaciones y el jardín "
      "se había convertido en una pequeña selva. Los vecinos lo recibieron con curiosidad y con"
      " un plato de lentejas." },
    { "Polish", 81, 90,
      "Wczoraj wieczorem pociąg do Krakowa spóźnił się prawie dwie godziny, ponieważ na tor"
      "ach leżało powalone przez burzę drzewo. Podróżni czekali na peronie, pili herbatę z "
      "automatu i rozmawiali o pogodzie. Konduktor przepraszał wszystkich osobiście." },
    { "Russian", 67, 116,
      "Вчера вечером мы долго гуляли по набережной и смо"
      "трели, как медленно гаснут огни на другом берегу. "
      "Старый рыбак рассказывал, что раньше здесь ловили"
      " осетра, а теперь в реке осталась только мелкая ры"
      "ба. Дети слушали его, раскрыв рты." },
    { "Chinese", 75, 114,
      "昨天下午，我们在城外的一座小山上看到了一片盛开的野花。导游告"
      "诉我们，这种花每年只开两个星期，所以很多人专门从外地赶来拍照"
      "。下山的时候天已经黑了，大家坐在路边的小店里喝热汤，聊起了各"
      "自的家乡。" },
    { "Japanese", 82, 123,
      "昨日の午後、友人と一緒に海辺の町まで電車で出かけました。駅前"
      "の小さな食堂で焼き魚の定食を食べたあと、古い灯台まで歩いて登"
      "りました。風が強かったですが、遠くの島まではっきり見えて、と"
      "ても気持ちのいい一日でした。" },
    { "Korean", 74, 123,
      "지난 주말에 우리는 산속에 있는 작은 마을을 찾아갔습니다. 아침에"
      "는 안개가 많이 끼어서 아무것도 보이지 않았지만, 점심때가 되자 하"
      "늘이 맑아졌습니다. 할머니 한 분이 직접 만든 떡을 나누어 주셔서 모"
      "두 맛있게 먹었습니다." },
    { "Arabic", 59, 138,
      "زرنا أمس مدينة قديمة تقع على ضفاف النهر، وكانت شوا"
      "رعها الضيقة مليئة بالناس والبضائع. حدثنا صاحب الم"
      "كتبة عن تاريخ المكان وعن الكتب النادرة التي جمعها"
      " والده منذ خمسين عاما، ثم دعانا إلى شرب الشاي معه." },
    { "Hindi", 57, 208,
      "कल शाम हम नदी के किनारे बैठे थे और द"
      "ूर से मंदिर की घंटियों की आवाज़ आ रह"
      "ी थी। बच्चे पतंग उड़ा रहे थे और बूढ़"
      "े लोग पुराने दिनों की बातें कर रहे थ"
      "े। थोड़ी देर बाद बारिश शुरू हो गई और"
      " सब घर लौट गए।" },
    { "figures", 106, 106,
      "Order 4471902 of 2026-01-17: 12 x 3.75 = 45.00, 7 x 118.20 = 827.40, 1 x 2999.99 = 2999.99"
      "; subtotal 3872.39, tax 19% 735.75, total 4608.14. Reference 88120-44017-3, account DE44 5"
      "001 0517 5407 3249 31." },
    { "faces", 40, 45,
      "Great job everyone! 🎉🎉 The demo went well 😀 and the customer was happy 👍 Let u"
      "s celebrate on Friday 🍕🍻 and then rest 😴 for two days 🏖️" },
};
/* clang-format on */

#endif
