"""What columns are called, by the field they fill: plain words in the languages that analysts write in.

Case, spaces and marks do not count. A word that means several things stands in :data:`LOOSE` as well: a column of that
name is taken only when its cells fit.
"""

from __future__ import annotations

from collections.abc import Mapping

from resight.vocabulary import fold

_NAMES: Mapping[str, str] = {
    "id": "resight id|record id",
    "site": "site|place|location|port|airport|airfield|base|facility|site name|location name|place name|where|"
    "aoi|target|место|объект|порт|аэродром|местоположение|місце|об'єкт|장소|위치|지점|ort|standort|"
    "lieu|lugar|folder",
    "date": "date|day|when|obs date|observation date|date observed|image date|imagery date|date of image|"
    "event date|date edtf|sighting date|date seen|date of observation|acquisition date|capture date|"
    "дата|дата наблюдения|дата снимка|день|날짜|일자|촬영일|datum|jour|fecha",
    "outcome": "outcome|result|finding|seen|seen?|detected|presence|результат|결과",
    "platform": "platform|platform class|class|ship class|ship type|vessel type|vessel|ship|aircraft|aircraft type|"
    "type|object|asset|what|what was seen|equipment|unit type|тип|класс|судно|корабль|самолёт|самолет|"
    "тип судна|함정|선박|기종|typ|navire|buque",
    "platform_name": "platform name|name|ship name|vessel name|hull|hull name|hull no|hull number|tail|tail number|"
    "tail no|registration|название|имя|бортовой номер|название судна|선명|함명|등록번호|schiffsname|"
    "nom",
    "operator": "operator|owner|state|nationality|flag|flag state|air force|оператор|владелец|флаг|принадлежность|"
    "소속|국적|betreiber",
    "count": "count|number|no|no.|nr|qty|quantity|how many|number seen|amount|#|число|количество|кол-во|"
    "кількість|수량|대수|척수|anzahl|nombre",
    "count_min": "count min|min count|minimum|at least",
    "count_max": "count max|max count|maximum|at most",
    "activity": "activity|doing|action|visible activity|what is it doing|деятельность|активность|활동|aktivität|"
    "activité",
    "inferred_activity": "inferred activity|purpose|assessed purpose|inferred purpose|purpose inferred|assessment|"
    "mission|цель|назначение|목적|zweck",
    "likelihood": "likelihood|probability|how likely|вероятность|가능성",
    "confidence": "confidence|analytic confidence|уверенность|достоверность|신뢰도",
    "hedge": "hedge|probability word|source hedge|caveat word",
    "hedge_on": "hedge on",
    "visible": "visible|what is visible|description|caption|seen in image|описание|설명|beschreibung",
    "basis": "basis|who stands behind it",
    "method": "method|collection|source type|sensor type|imagery type|метод|способ|방법",
    "berth": "berth|pier|quay|stand|apron|dock|причал|пирс|стоянка|부두|liegeplatz|quai",
    "longitude": "longitude|lon|long|lng|x|decimal longitude|long dd|lon dd|easting deg|долгота|довгота|경도|"
    "längengrad|laenge",
    "latitude": "latitude|lat|y|decimal latitude|lat dd|широта|위도|breitengrad|breite",
    "position": "position|coordinates|coords|coordinate|latlon|lat lon|lat/lon|lat long|lat, lon|latlong|lonlat|"
    "gps|координаты|좌표|koordinaten",
    "geometry": "geometry|wkt|geom|the geom|geojson",
    "location_uncertainty_m": "location uncertainty m|uncertainty m|coordinate uncertainty in meters|accuracy m",
    "sensor": "sensor|satellite|instrument|спутник|위성|satellit",
    "image_provider": "image provider|provider|imagery provider|imagery|imagery source|image source|vendor|поставщик|"
    "제공",
    "image_time": "image time|acquired|acquired at|acquisition time|datetime utc|time utc|capture time|image datetime",
    "image_id": "image id|scene id|scene|product id|catalog id|strip id",
    "gsd_m": "gsd|gsd m|resolution|resolution m",
    "cloud_pct": "cloud|clouds|cloud %|cloud pct|cloud cover|cloud cover %|облачность",
    "off_nadir_deg": "off nadir|off nadir deg|ona",
    "image_href": "image href|image link|image url|image file",
    "image_license": "image license|image licence|licence|license",
    "length_m": "length|length m|loa|loa m|длина|длина м|길이|länge",
    "width_m": "width|width m|beam|beam m|span|wingspan|ширина|폭",
    "sources": "sources|source|reference|references|ref|citation|источник|источники|출처|quelle",
    "source.url": "source url|url|link|links|web|href|source link|ссылка|링크",
    "source.title": "source title|title|headline|заголовок|제목|titel",
    "source.published_by": "published by|publisher|outlet|media|издание|매체|herausgeber",
    "source.published": "published|publication date|published date|date published|дата публикации|게재일",
    "source.accessed": "accessed|access date|retrieved",
    "source.grade": "grade|source grade|admiralty|admiralty grade",
    "source.confidential": "confidential|source confidential",
    "analyst": "analyst|logged by|author|analysed by|analyzed by|observer|аналитик|автор|분석관",
    "reviewed_by": "reviewed by|reviewer",
    "tags": "tags|tag|labels|keywords|метки|теги|태그",
    "note": "note|notes|remark|remarks|comment|comments|comment s|примечание|примечания|комментарий|"
    "комментарии|비고|메모|bemerkung|notiz|remarque",
}
#: The field that a column's folded name speaks of.
BY_NAME = {fold(name): field for field, names in _NAMES.items() for name in names.split("|") if fold(name)}
#: Folded names that mean several things.
LOOSE = frozenset(
    map(
        fold,
        [
            "type",
            "class",
            "name",
            "no",
            "no.",
            "number",
            "object",
            "what",
            "target",
            "base",
            "state",
            "x",
            "y",
            "seen",
            "unit type",
            "status of look",
            "ship",
            "vessel",
            "aircraft",
            "asset",
            "unit",
            "result",
            "finding",
            "source type",
            "source",
            "day",
            "position",
            "folder",
        ],
    )
)
