"""What the wheels beyond the first ten can do: a few assertions a package, run by `cargo xtask wheels` on CPython and on Taipan.

`uses.py NAME` runs the function of that package (with `_` for `-` and `.`).
"""

import sys


def pillow():
    from PIL import Image, ImageFilter, ImageDraw
    import io
    im = Image.new('RGB', (64, 48), (10, 20, 30))
    d = ImageDraw.Draw(im)
    d.rectangle((5, 5, 20, 20), fill=(255, 0, 0))
    d.line((0, 0, 63, 47), fill=(0, 255, 0))
    b = io.BytesIO()
    im.save(b, 'PNG')
    b.seek(0)
    again = Image.open(b)
    again.load()
    assert again.size == (64, 48) and again.tobytes() == im.tobytes()
    small = im.resize((16, 12)).convert('L').filter(ImageFilter.BLUR)
    assert small.mode == 'L' and len(small.tobytes()) == 192
    j = io.BytesIO()
    im.save(j, 'JPEG', quality=90)
    assert Image.open(io.BytesIO(j.getvalue())).size == (64, 48)
    assert im.getpixel((10, 10)) == (255, 0, 0)


def regex():
    import regex
    assert regex.findall('\\p{Lu}\\w+', 'Hello world Foo') == ['Hello', 'Foo']
    assert regex.sub('(?<a>\\d)(?<b>\\d)', '\\g<b>\\g<a>', '1234') == '2143'
    assert regex.fullmatch('(?:cats|cat){e<=1}', 'cot')
    assert regex.split('(?V1)(?=b)', 'abab') == ['a', 'ba', 'b']
    assert [m.span() for m in regex.finditer('a+', 'aabaaa')] == [(0, 2), (3, 6)]


def protobuf():
    from google.protobuf import struct_pb2, timestamp_pb2, json_format
    from google.protobuf.internal import api_implementation
    assert api_implementation.Type() == 'upb', api_implementation.Type()
    s = struct_pb2.Struct()
    s['a'] = 1
    s['b'] = [1, 'x', True]
    s['c'] = {'d': None}
    t = struct_pb2.Struct.FromString(s.SerializeToString())
    assert t == s and t['b'][1] == 'x'
    assert json_format.MessageToDict(s) == {'a': 1.0, 'b': [1.0, 'x', True], 'c': {'d': None}}
    x = timestamp_pb2.Timestamp(seconds=5, nanos=7)
    y = timestamp_pb2.Timestamp()
    y.CopyFrom(x)
    assert y.nanos == 7 and str(y) == 'seconds: 5\nnanos: 7\n'
    try:
        x.seconds = 'a'
    except TypeError:
        pass
    else:
        assert 0


def bcrypt():
    import bcrypt
    h = bcrypt.hashpw(b'secret', bcrypt.gensalt(4))
    assert bcrypt.checkpw(b'secret', h) and (not bcrypt.checkpw(b'no', h))
    assert len(bcrypt.kdf(b'p', b'saltsalt', 32, 2, ignore_few_rounds=True)) == 32


def tokenizers():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    t = Tokenizer(models.BPE(unk_token='[UNK]'))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(['hello world', 'hello there'] * 5, trainers.BpeTrainer(special_tokens=['[UNK]'], vocab_size=50))
    e = t.encode('hello world')
    assert e.tokens and t.decode(e.ids).replace(' ', '') == 'helloworld', e.tokens


def cryptography():
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa, padding
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    k = Fernet.generate_key()
    f = Fernet(k)
    assert f.decrypt(f.encrypt(b'x' * 100)) == b'x' * 100
    h = hashes.Hash(hashes.SHA256())
    h.update(b'abc')
    assert h.finalize().hex().startswith('ba7816bf')
    p = ed25519.Ed25519PrivateKey.generate()
    p.public_key().verify(p.sign(b'm'), b'm')
    a = AESGCM(AESGCM.generate_key(128))
    n = b'0' * 12
    assert a.decrypt(n, a.encrypt(n, b'data', b'ad'), b'ad') == b'data'
    try:
        p.public_key().verify(b'0' * 64, b'm')
    except Exception as e:
        assert type(e).__name__ == 'InvalidSignature'


def rpds_py():
    from rpds import HashTrieMap, HashTrieSet, List
    m = HashTrieMap({'a': 1}).insert('b', 2)
    assert m['b'] == 2 and len(m) == 2 and (m == HashTrieMap({'a': 1, 'b': 2}))
    assert HashTrieSet([1, 2]).insert(3) == HashTrieSet([1, 2, 3])
    assert list(List([1, 2]).push_front(0)) == [0, 1, 2]
    import pickle
    assert pickle.loads(pickle.dumps(m)) == m


def safetensors():
    from safetensors import deserialize, SafetensorError
    import json, struct
    h = json.dumps({'t': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}}).encode()
    r = dict(deserialize(struct.pack('<Q', len(h)) + h + struct.pack('<2f', 1.0, 2.0)))
    assert r['t']['shape'] == [2] and bytes(r['t']['data']) == struct.pack('<2f', 1.0, 2.0)
    try:
        deserialize(b'123')
    except SafetensorError:
        pass
    else:
        assert 0


def greenlet():
    import greenlet
    log = []

    def a(x):
        log.append(x)
        y = g2.switch('from a')
        log.append(y)
        return 'done'

    def b(x):
        log.append(x)
        g1.switch('from b')
    g1 = greenlet.greenlet(a)
    g2 = greenlet.greenlet(b)
    r = g1.switch('start')
    assert log == ['start', 'from a', 'from b'] and r == 'done', (log, r)

    def boom():
        raise ValueError('x')
    try:
        greenlet.greenlet(boom).switch()
    except ValueError:
        pass
    else:
        assert 0

    def deep(n):
        return deep(n - 1) + 1 if n else greenlet.getcurrent().parent.switch('mid')
    g = greenlet.greenlet(deep)
    assert g.switch(50) == 'mid'
    assert g.switch(7) == 57

    def gen():
        for i in range(3):
            greenlet.getcurrent().parent.switch(i)
    g = greenlet.greenlet(gen)
    assert [g.switch() for _ in range(3)] == [0, 1, 2]


def multidict():
    from multidict import MultiDict, CIMultiDict
    m = MultiDict([('a', 1), ('a', 2)])
    assert m.getall('a') == [1, 2]
    m.add('b', 3)
    assert list(m.items())[-1] == ('b', 3)
    c = CIMultiDict(Key='v')
    assert c['KEY'] == 'v'
    del m['a']
    assert len(m) == 1


def cffi():
    import cffi
    f = cffi.FFI()
    f.cdef('int abs(int); double sqrt(double); size_t strlen(const char*); int puts(const char *);')
    c = f.dlopen(None)
    assert c.abs(-3) == 3 and c.sqrt(9.0) == 3.0 and (c.strlen(b'abc') == 3)
    p = f.new('int[4]', [1, 2, 3, 4])
    assert p[2] == 3 and f.sizeof(p) == 16 and (list(p) == [1, 2, 3, 4])

    @f.callback('int(int)')
    def cb(x):
        return x * 2
    assert cb(21) == 42
    f.cdef('struct s {int a; char b[8];};')
    s = f.new('struct s*')
    s.a = 7
    s.b = b'hey'
    assert f.string(s.b) == b'hey'


def pynacl():
    import nacl.secret, nacl.utils, nacl.signing, nacl.hash, nacl.public
    b = nacl.secret.SecretBox(nacl.utils.random(32))
    assert b.decrypt(b.encrypt(b'msg')) == b'msg'
    k = nacl.signing.SigningKey.generate()
    assert k.verify_key.verify(k.sign(b'm')) == b'm'
    assert len(nacl.hash.sha256(b'x')) == 64


def contourpy():
    import contourpy, numpy as np
    g = contourpy.contour_generator(z=np.array([[0, 1], [1, 2.0]]))
    assert len(g.lines(0.5)) == 1


def pyyaml():
    import yaml
    assert yaml.load('a: [1, 2]\nb: {c: x}', Loader=yaml.CSafeLoader) == {'a': [1, 2], 'b': {'c': 'x'}}
    assert yaml.dump({'a': [1, None]}, Dumper=yaml.CSafeDumper) == 'a:\n- 1\n- null\n'


def frozenlist():
    from frozenlist import FrozenList
    f = FrozenList([1, 2])
    f.append(3)
    f.freeze()
    assert f == [1, 2, 3]
    try:
        f.append(1)
    except RuntimeError:
        pass
    else:
        assert 0


def propcache():
    from propcache import cached_property, under_cached_property

    class A:

        @cached_property
        def x(self):
            return object()
    a = A()
    assert a.x is a.x


def msgpack():
    import msgpack
    v = {'a': [1, 2.5, b'x', None, True, 'é'], 'b': {'c': 2 ** 40}}
    assert msgpack.unpackb(msgpack.packb(v)) == v
    assert msgpack.Packer is not None and msgpack.packb(1) == b'\x01'
    u = msgpack.Unpacker()
    u.feed(msgpack.packb([1]) + msgpack.packb('a'))
    assert list(u) == [[1], 'a']


def numpy():
    import numpy as np
    a = np.arange(12).reshape(3, 4)
    assert a.sum() == 66 and a[1:, ::2].tolist() == [[4, 6], [8, 10]] and (a.T.shape == (4, 3))
    assert (a * 2 + 1)[2, 3] == 23 and a.dtype == np.int64
    b = np.linspace(0, 1, 5)
    assert np.allclose(np.sin(b) ** 2 + np.cos(b) ** 2, 1)
    assert np.add.reduce(a, axis=0).tolist() == [12, 15, 18, 21]
    m = np.array([[2.0, 1], [1, 3]])
    assert np.allclose(np.linalg.inv(m) @ m, np.eye(2))
    assert np.allclose(np.linalg.solve(m, [3, 5]), [0.8, 1.4])
    assert round(np.linalg.det(m), 6) == 5.0
    w, v = np.linalg.eigh(m)
    assert np.allclose(v @ np.diag(w) @ v.T, m)
    u, s, vt = np.linalg.svd(m)
    assert np.allclose(u @ np.diag(s) @ vt, m)
    r = np.random.default_rng(1)
    x = r.normal(size=1000)
    assert abs(x.mean()) < 0.2
    assert np.fft.ifft(np.fft.fft(b)).real.round(6).tolist() == b.tolist()
    st = np.array([(1, 2.5, b'x')], dtype=[('a', 'i4'), ('b', 'f8'), ('c', 'S1')])
    assert st['b'][0] == 2.5 and st.dtype.names == ('a', 'b', 'c')
    o = np.array([1, 'a', None], dtype=object)
    assert o[1] == 'a'
    assert np.where(a > 5, a, -1).max() == 11 and a[a % 2 == 0].tolist() == [0, 2, 4, 6, 8, 10]
    import pickle, io
    assert (pickle.loads(pickle.dumps(a)) == a).all()
    f = io.BytesIO()
    np.save(f, a)
    f.seek(0)
    assert (np.load(f) == a).all()
    assert str(np.array([1.5, 2])) == '[1.5 2. ]' and repr(np.float64(1.5)) == 'np.float64(1.5)'
    vf = np.vectorize(lambda x, y: x + y)
    assert vf([1, 2], [3, 4]).tolist() == [4, 6]
    assert np.einsum('ij,kj->ik', a, a).shape == (3, 3)
    mv = memoryview(a)
    assert mv.shape == (3, 4) and mv.format == 'l'
    assert np.frombuffer(b'\x01\x00\x02\x00', dtype='<i2').tolist() == [1, 2]
    try:
        a.reshape(5, 5)
    except ValueError as e:
        assert 'cannot reshape' in str(e)
    try:
        np.zeros(3) + np.zeros(4)
    except ValueError as e:
        assert 'broadcast' in str(e)
    assert np.datetime64('2024-01-31') + np.timedelta64(1, 'D') == np.datetime64('2024-02-01')
    assert np.unique([3, 1, 3]).tolist() == [1, 3] and np.sort([3, 1, 2])[::-1].tolist() == [3, 2, 1] and (np.char.upper(np.array(['ab']))[0] == 'AB')

    class Sub(np.ndarray):
        pass
    assert type(a.view(Sub)[0:1]) is Sub


def polars_runtime_32():
    import _polars_runtime_32._polars_runtime as runtime
    column = runtime.PySeries.new_opt_i64('a', [1, 2, None], False)
    assert column.len() == 3 and column.name() == 'a' and (column.null_count() == 1)


def lxml():
    from lxml import etree
    tree = etree.fromstring('<a><b x="1">t</b></a>')
    assert tree.xpath('//b/@x') == ['1'] and etree.tostring(tree) == b'<a><b x="1">t</b></a>'
    style = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><o><xsl:value-of select="//b"/></o></xsl:template></xsl:stylesheet>'
    assert str(etree.XSLT(etree.XML(style))(tree)).splitlines()[1] == '<o>t</o>'
    try:
        etree.fromstring('<a>')
    except etree.XMLSyntaxError as error:
        assert error.lineno == 1
    else:
        raise AssertionError('no error')


def pydantic():
    import pydantic

    class Model(pydantic.BaseModel):
        a: int
        b: list[str] = []
    assert repr(Model(a='3', b=['x'])) == "Model(a=3, b=['x'])"
    assert Model.model_validate_json('{"a": 1}').model_dump() == {'a': 1, 'b': []}
    try:
        Model(a='x')
    except pydantic.ValidationError as error:
        assert error.error_count() == 1
    else:
        raise AssertionError('no error')


def matplotlib():
    import io
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], [3, 1, 2])
    axes.set_title('title')
    out = io.BytesIO()
    figure.savefig(out, format='png')
    assert out.getvalue().startswith(b'\x89PNG') and len(out.getvalue()) > 5000


def sqlalchemy():
    import sqlalchemy
    with sqlalchemy.create_engine('sqlite://').connect() as connection:
        assert connection.execute(sqlalchemy.text('select 1+1')).scalar() == 2
        assert [tuple(row) for row in connection.execute(sqlalchemy.text("values (1, 'a'), (2, 'b')"))] == [(1, 'a'), (2, 'b')]


def pydantic_core():
    from pydantic_core import SchemaValidator, ValidationError, core_schema, to_json
    validator = SchemaValidator(core_schema.list_schema(core_schema.int_schema()))
    assert validator.validate_python(['1', 2]) == [1, 2] and validator.validate_json('[3]') == [3]
    try:
        validator.validate_python(['x'])
    except ValidationError as error:
        assert error.errors()[0]['loc'] == (0,)
    else:
        raise AssertionError('no error')
    assert to_json({'a': [1, None]}) == b'{"a":[1,null]}'


def duckdb():
    import duckdb
    con = duckdb.connect()
    con.execute('create table t (a integer, b varchar, c double)')
    con.executemany('insert into t values (?, ?, ?)', [(i, f'n{i % 3}', i / 2) for i in range(10)])
    assert con.execute('select count(*), sum(a), max(c) from t').fetchall() == [(10, 45, 4.5)]
    rows = con.execute('select b, sum(a) from t group by b order by b').fetchall()
    assert rows == [('n0', 18), ('n1', 12), ('n2', 15)], rows
    relation = con.table('t').filter('a > 6').project('a * 2 as d')
    assert relation.fetchall() == [(14,), (16,), (18,)]
    assert con.execute("select [1, 2], {'x': 1}").fetchall() == [([1, 2], {'x': 1})]
    con.create_function('twice', lambda x: x * 2, ['INTEGER'], 'INTEGER')
    assert con.execute('select twice(21)').fetchall() == [(42,)]
    try:
        con.execute('select nothing from t')
    except duckdb.BinderException as error:
        assert 'nothing' in str(error)
    else:
        assert 0


def polars():
    import polars as pl
    frame = pl.DataFrame({'a': [3, 1, 2], 'b': ['x', 'y', 'x'], 'c': [0.5, None, 2.5]})
    assert frame.shape == (3, 3) and frame.columns == ['a', 'b', 'c']
    assert frame.sort('a')['b'].to_list() == ['y', 'x', 'x']
    sums = frame.group_by('b').agg(pl.col('a').sum()).sort('b')
    assert sums.rows() == [('x', 5), ('y', 1)]
    assert frame.filter(pl.col('c').is_null()).select(pl.col('a') * 10).item() == 10
    assert frame.lazy().with_columns(d=pl.col('a') + 1).collect()['d'].to_list() == [4, 2, 3]
    assert frame['a'].map_elements(lambda x: max(x, 2), return_dtype=pl.Int64).to_list() == [3, 2, 2]
    assert frame['a'].sum() == 6 and frame['c'].mean() == 1.5
    joined = frame.join(pl.DataFrame({'b': ['x'], 'e': [True]}), on='b', how='left')
    assert joined['e'].to_list() == [True, None, True]
    assert pl.Series([1, 2, 3]).to_numpy().tolist() == [1, 2, 3]
    try:
        frame.select('nothing')
    except pl.exceptions.ColumnNotFoundError:
        pass
    else:
        assert 0


def pandas():
    import pandas as pd
    frame = pd.DataFrame({'a': [3, 1, 2], 'b': ['x', 'y', 'x'], 'c': [0.5, None, 2.5]})
    assert frame.shape == (3, 3) and list(frame.columns) == ['a', 'b', 'c']
    assert frame.groupby('b')['a'].sum().to_dict() == {'x': 5, 'y': 1}
    assert frame.sort_values('a')['b'].tolist() == ['y', 'x', 'x']
    assert frame['c'].isna().sum() == 1 and frame['c'].mean() == 1.5
    joined = frame.merge(pd.DataFrame({'b': ['x'], 'e': [7]}), on='b', how='left')
    assert joined['e'].fillna(0).astype(int).tolist() == [7, 0, 7]
    days = pd.date_range('2024-02-28', periods=3)
    assert days.strftime('%d').tolist() == ['28', '29', '01']
    assert pd.Series([1, 2, 3], index=days).resample('2D').sum().tolist() == [3, 3]
    assert pd.read_csv(__import__('io').StringIO('p,q\n1,2\n3,4\n'))['q'].sum() == 6
    assert frame.pivot_table(index='b', values='a', aggfunc='max').loc['x', 'a'] == 3
    try:
        frame['nothing']
    except KeyError:
        pass
    else:
        assert 0


def pyarrow():
    # (pyarrow.fs and what needs it, parquet among it, imports ssl, which is not written yet.)
    import pyarrow as pa
    import pyarrow.compute as pc
    table = pa.table({'a': [3, 1, 2], 'b': ['x', 'y', 'x'], 'c': [0.5, None, 2.5]})
    assert table.num_rows == 3 and table.column_names == ['a', 'b', 'c']
    assert table.to_pydict() == {'a': [3, 1, 2], 'b': ['x', 'y', 'x'], 'c': [0.5, None, 2.5]}
    assert table['a'].type == pa.int64() and table[1].to_pylist() == ['x', 'y', 'x'] and table['c'].null_count == 1
    assert pc.sum(table['a']).as_py() == 6 and pc.sort_indices(table['a']).to_pylist() == [1, 2, 0]
    assert table.filter(pc.equal(table['b'], 'x'))['a'].to_pylist() == [3, 2]
    sums = table.group_by('b').aggregate([('a', 'sum')]).sort_by('b')
    assert sums['a_sum'].to_pylist() == [5, 1]
    nested = pa.array([{'p': 1, 'q': [1, 2]}, None, {'p': None, 'q': []}])
    assert nested.to_pylist() == [{'p': 1, 'q': [1, 2]}, None, {'p': None, 'q': []}] and nested.is_valid().to_pylist() == [True, False, True]
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    assert pa.ipc.open_stream(stream.getvalue()).read_all().equals(table)
    packed = pa.compress(b'abc' * 100, codec='zstd', asbytes=True)
    assert pa.decompress(packed, 300, codec='zstd', asbytes=True) == b'abc' * 100
    buffer = pa.py_buffer(b'abcdef')
    assert bytes(memoryview(buffer)[2:4]) == b'cd' and buffer.size == 6 and buffer.slice(1, 2).to_pybytes() == b'bc'
    assert pa.array([1, 2, 3]).to_numpy().sum() == 6 and pa.scalar('x').as_py() == 'x'
    assert str(pa.schema([('f', pa.list_(pa.int8()))])) == 'f: list<item: int8>\n  child 0, item: int8'
    try:
        pa.array(['x', 1])
    except pa.ArrowException:
        pass
    else:
        assert 0


def grpcio():
    import grpc
    from concurrent import futures

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            if details.method == '/echo/Upper':
                return grpc.unary_unary_rpc_method_handler(lambda request, context: request.upper())
            if details.method == '/echo/Count':
                return grpc.unary_stream_rpc_method_handler(lambda request, context: (bytes([n]) for n in range(request[0])))

    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Handler()])
    port = server.add_insecure_port('127.0.0.1:0')
    server.start()
    with grpc.insecure_channel(f'127.0.0.1:{port}') as channel:
        assert channel.unary_unary('/echo/Upper')(b'abc', timeout=20) == b'ABC'
        assert list(channel.unary_stream('/echo/Count')(b'\x03', timeout=20)) == [b'\0', b'\1', b'\2']
        try:
            channel.unary_unary('/echo/Nothing')(b'', timeout=20)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        else:
            assert 0
        future = channel.unary_unary('/echo/Upper').future(b'x', timeout=20)
        assert future.result() == b'X' and future.done()
    server.stop(None).wait()


def scipy():
    import numpy as np
    from scipy import linalg, optimize, sparse, stats, integrate, fft, signal, spatial, special, interpolate
    a = np.array([[4., 1.], [2., 3.]])
    assert np.allclose(linalg.inv(a) @ a, np.eye(2)) and np.allclose(sorted(linalg.eigvals(a).real), [2, 5])
    lu, piv = linalg.lu_factor(a)
    assert np.allclose(a @ linalg.lu_solve((lu, piv), [1, 2]), [1, 2])
    found = optimize.minimize(lambda x: (x[0] - 1) ** 2 + (x[1] + 2) ** 2, [0, 0])
    assert found.success and np.allclose(found.x, [1, -2], atol=1e-4)
    assert abs(optimize.brentq(lambda x: x * x - 2, 0, 2) - 2 ** 0.5) < 1e-9
    m = sparse.csr_matrix(([1., 2.], ([0, 1], [1, 0])), shape=(2, 2))
    assert (m @ m).toarray().tolist() == [[2, 0], [0, 2]] and m.nnz == 2
    assert abs(stats.norm.cdf(1.96) - 0.975) < 1e-3 and abs(stats.ttest_ind([1, 2, 3], [2, 3, 4]).pvalue - 0.288) < 1e-3
    assert abs(integrate.quad(lambda x: x ** 2, 0, 3)[0] - 9) < 1e-9
    assert np.allclose(fft.ifft(fft.fft([1, 2, 3])).real, [1, 2, 3])
    assert signal.convolve([1, 2], [1, 1]).tolist() == [1, 3, 2]
    assert spatial.cKDTree([[0, 0], [5, 5]]).query([4, 4])[1] == 1
    assert abs(special.gamma(5) - 24) < 1e-9 and special.comb(5, 2, exact=True) == 10
    assert abs(interpolate.CubicSpline([0, 1, 2], [0, 1, 4])(1.5) - 2.25) < 1e-9
    solution = integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], rtol=1e-8)
    assert abs(solution.y[0][-1] - np.exp(-1)) < 1e-6
    try:
        linalg.inv(np.zeros((2, 2)))
    except linalg.LinAlgError:
        pass
    else:
        assert 0


def scikit_learn():
    import numpy as np
    from sklearn import cluster, decomposition, ensemble, linear_model, metrics, neighbors, preprocessing, svm, tree
    x = np.array([[0., 0.], [0., 1.], [5., 5.], [5., 6.], [6., 5.], [1., 0.]])
    y = np.array([0, 0, 1, 1, 1, 0])
    assert np.allclose(linear_model.LinearRegression().fit([[0], [1], [2]], [1, 3, 5]).coef_, [2])
    assert linear_model.LogisticRegression().fit(x, y).predict([[0, 0], [6, 6]]).tolist() == [0, 1]
    assert tree.DecisionTreeClassifier(random_state=0).fit(x, y).score(x, y) == 1
    assert ensemble.RandomForestClassifier(5, random_state=0).fit(x, y).predict([[5, 5]]).tolist() == [1]
    assert svm.SVC().fit(x, y).predict([[0, 0]]).tolist() == [0]
    assert neighbors.KNeighborsClassifier(1).fit(x, y).predict([[6, 6]]).tolist() == [1]
    labels = cluster.KMeans(2, n_init=1, random_state=0).fit_predict(x)
    assert metrics.adjusted_rand_score(y, labels) == 1
    assert decomposition.PCA(1).fit_transform(x).shape == (6, 1)
    assert np.allclose(preprocessing.StandardScaler().fit_transform(x).mean(0), 0)
    assert metrics.confusion_matrix(y, y).tolist() == [[3, 0], [0, 3]]
    try:
        linear_model.LogisticRegression().fit(x, y[:2])
    except ValueError:
        pass
    else:
        assert 0


def yarl():
    from yarl import URL
    url = URL('http://user@example.org:8080/a b/?q=1&q=2#part')
    assert url.host == 'example.org' and url.port == 8080 and url.raw_path == '/a%20b/' and url.path == '/a b/'
    assert url.query.getall('q') == ['1', '2'] and url.fragment == 'part' and url.user == 'user'
    assert str(url / 'c' % {'x': 'ä'}) == 'http://user@example.org:8080/a%20b/c?x=%C3%A4'
    assert URL('http://a/b/c').join(URL('../d')) == URL('http://a/d') and URL('/x').is_absolute() is False
    assert URL.build(scheme='https', host='h', path='/p').human_repr() == 'https://h/p'
    from yarl._quoting_c import _Quoter, _Unquoter
    assert _Quoter()('a b') == 'a%20b' and _Unquoter()('%C3%A4') == 'ä'


def charset_normalizer():
    import charset_normalizer
    import charset_normalizer.md
    best = charset_normalizer.from_bytes('Всеки човек има право на образование. Образованието трябва да бъде безплатно.'.encode('cp1251')).best()
    assert best.encoding in ('cp1251', 'mac_cyrillic', 'ptcp154', 'kz1048') and 'право' in str(best)
    assert charset_normalizer.detect('hello'.encode())['encoding'] == 'ascii'
    assert charset_normalizer.md.mess_ratio('plain words in a row, nothing odd') == 0.0


def ruamel_yaml_clib():
    import io
    import _ruamel_yaml
    parser = _ruamel_yaml.CParser(io.StringIO('a: [1, two]\nb: {c: null}\n'))
    kinds = []
    while (event := parser.get_event()) is not None:
        kinds.append(type(event).__name__)
    assert kinds.count('ScalarEvent') == 6 and kinds[0] == 'StreamStartEvent' and kinds[-1] == 'StreamEndEvent', kinds
    assert _ruamel_yaml.get_version_string().count('.') == 2


def cython():
    import pathlib
    import tempfile
    import Cython.Compiler.Scanning
    from Cython.Compiler.Main import compile as translate
    assert Cython.Compiler.Scanning.__file__.endswith('.so')
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, 'm.pyx')
        source.write_text('cdef int twice(int x): return 2 * x\ncdef class C:\n    cdef public list items\n    def f(self, int y): return [twice(i) for i in range(y)]\n')
        assert translate(str(source)).num_errors == 0
        text = source.with_suffix('.c').read_text()
        assert 'PyInit_m' in text and '__pyx_f_1m_twice' in text
        source.write_text('def f(:\n')
        import contextlib
        import io
        with contextlib.redirect_stderr(io.StringIO()):
            assert translate(str(source)).num_errors > 0


def wrapt():
    import wrapt._wrappers
    import wrapt

    @wrapt.decorator
    def twice(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs) * 2

    @twice
    def f(x):
        "doc"
        return x + 1

    class C:
        @twice
        def m(self, x):
            return x

        @twice
        @classmethod
        def k(cls):
            return 5

    assert f(1) == 4 and f.__name__ == 'f' and f.__doc__ == 'doc' and C().m(3) == 6 and C.k() == 10
    assert isinstance(f, wrapt._wrappers.FunctionWrapper) and f.__wrapped__(1) == 2
    proxy = wrapt.ObjectProxy([1, 2])
    proxy.append(3)
    proxy += [4]
    assert proxy == [1, 2, 3, 4] and len(proxy) == 4 and isinstance(proxy, list) and proxy[1:] == [2, 3, 4] and sum(proxy) == 10
    number = wrapt.ObjectProxy(7)
    assert number + 1 == 8 and 1 - number == -6 and divmod(number, 2) == (3, 1) and number ** 2 == 49 and -number == -7 and hash(number) == hash(7)
    try:
        number.nothing
    except AttributeError:
        pass
    else:
        assert 0


def aiohttp():
    import asyncio
    import aiohttp._http_parser
    import aiohttp._http_writer
    import aiohttp._websocket.mask
    from aiohttp import web, ClientSession

    async def main():
        async def hello(request):
            return web.json_response({'name': request.match_info['name'], 'q': request.query.get('q')})

        async def echo(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str(message.data.upper())
            return socket

        app = web.Application()
        app.add_routes([web.get('/hello/{name}', hello), web.get('/echo', echo)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, '127.0.0.1', 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        async with ClientSession(f'http://127.0.0.1:{port}') as session:
            async with session.get('/hello/you', params={'q': 'ü'}) as answer:
                assert answer.status == 200 and await answer.json() == {'name': 'you', 'q': 'ü'}
            async with session.get('/nothing') as answer:
                assert answer.status == 404
            async with session.ws_connect('/echo') as socket:
                await socket.send_str('abc')
                assert (await socket.receive()).data == 'ABC'
        await runner.cleanup()

    asyncio.run(main())


if __name__ == '__main__':
    globals()[sys.argv[1].replace('-', '_').replace('.', '_')]()
